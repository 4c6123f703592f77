//! Properties of patterns; answers are compared with PostgreSQL in `tests/expressions`.

use proptest::prelude::*;

use super::regex::compiled;
use super::translate::{Flags, translate};

/// LIKE by definition: recursion over pattern and text.
fn like_by_definition(text: &[char], pattern: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%', rest)) => (0..=text.len()).any(|taken| like_by_definition(&text[taken..], rest)),
        Some(('_', rest)) => !text.is_empty() && like_by_definition(&text[1..], rest),
        Some((c, rest)) => text.first() == Some(c) && like_by_definition(&text[1..], rest),
    }
}

proptest! {
    #[test]
    fn like_is_what_its_definition_says(text in "[abé]{0,8}", pattern in "[abé%_]{0,6}") {
        let characters = |text: &str| text.chars().collect::<Vec<_>>();
        let expected = like_by_definition(&characters(&text), &characters(&pattern));
        prop_assert_eq!(super::like::like(&text, &pattern).expect("no escape in the pattern"), expected);
    }

    #[test]
    fn no_pattern_panics(pattern in "[a-c()\\[\\]{}*+?|^$.\\\\0-9:,<>=!-]{0,12}", text in "[a-c]{0,6}") {
        if let Ok(regex) = compiled(&pattern, Flags::default()) {
            let found = regex.find(&text, 0);
            prop_assert_eq!(found.is_some(), regex.is_match(&text));
        }
    }

    #[test]
    fn what_is_translated_can_be_compiled(pattern in "[ab()\\[\\]{}*+?|^$.\\\\1-3]{0,8}") {
        if translate(&pattern, Flags::default()).is_ok() {
            prop_assert!(compiled(&pattern, Flags::default()).is_ok());
        }
    }
}
