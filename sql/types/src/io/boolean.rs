//! Booleans as text.

use super::trimmed;

/// `true`, `yes`, `on`, `1`, their opposites, and every unique beginning of the words, in any case.
pub fn parse(text: &str) -> Option<bool> {
    let word = trimmed(text);
    let begins = |whole: &str, least: usize| {
        word.len() >= least && whole.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word))
    };
    if begins("true", 1) || begins("yes", 1) || begins("on", 2) || word == "1" {
        return Some(true);
    }
    (begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0").then_some(false)
}
