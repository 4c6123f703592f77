//! Compiled regular expressions. A match starts leftmost; among those it is the longest, or the shortest when the pattern
//! prefers short matches, as POSIX (and not Perl) has it. So alternatives need not be ordered by the author:
//! `substring('foobar' from 'foo|foobar')` is `foobar`.
//!
//! Two automata do this: the meta engine answers "is there a match, and where does it start", fast; a Pike machine that
//! explores all matches from that start finds the preferred end and the groups.

use std::cell::RefCell;
use std::rc::Rc;

use regex_automata::nfa::thompson::pikevm::{self, PikeVM};
use regex_automata::util::captures::Captures;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind, Span, meta};

use crate::error::SqlError;

use super::translate::{Flags, invalid, translate};

/// A compiled pattern.
pub(super) struct Regex {
    search: meta::Regex,
    exact: PikeVM,
    cache: RefCell<pikevm::Cache>,
    prefers_short: bool,
}

/// Groups of one match, the whole match first; `None` for groups that took no part.
pub(super) type Groups = Vec<Option<Span>>;

/// Patterns kept compiled per thread.
const CACHED_MAX: usize = 32;
/// Bytes that a compiled pattern may take.
const COMPILED_BYTES_MAX: usize = 10 << 20;

thread_local! {
    static CACHE: RefCell<Vec<(String, Flags, Rc<Regex>)>> = const { RefCell::new(Vec::new()) };
}

/// The compiled pattern, from the thread's cache when it was used lately. 2201B for a bad pattern.
pub(super) fn compiled(pattern: &str, flags: Flags) -> Result<Rc<Regex>, SqlError> {
    CACHE.with_borrow_mut(|cache| {
        if let Some(at) = cache.iter().position(|(text, with, _)| *with == flags && text == pattern) {
            cache[..=at].rotate_right(1);
            return Ok(cache[0].2.clone());
        }
        let regex = Rc::new(Regex::new(pattern, flags)?);
        cache.truncate(CACHED_MAX - 1);
        cache.insert(0, (pattern.to_owned(), flags, regex.clone()));
        Ok(regex)
    })
}

impl Regex {
    fn new(pattern: &str, flags: Flags) -> Result<Self, SqlError> {
        let translated = translate(pattern, flags)?;
        let too_complex = |_| invalid("regular expression is too complex");
        let search = meta::Regex::builder()
            .configure(meta::Config::new().nfa_size_limit(Some(COMPILED_BYTES_MAX)))
            .build(&translated.pattern)
            .map_err(|_| invalid("regular expression is too complex"))?;
        let exact = PikeVM::builder()
            .syntax(syntax::Config::new())
            .thompson(pikevm_nfa_config())
            .configure(PikeVM::config().match_kind(MatchKind::All))
            .build(&translated.pattern)
            .map_err(too_complex)?;
        let cache = RefCell::new(exact.create_cache());
        Ok(Self { search, exact, cache, prefers_short: translated.prefers_short })
    }

    /// Is there a match anywhere?
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.search.is_match(text)
    }

    /// Parenthesized groups.
    pub(super) fn group_count(&self) -> usize {
        self.search.group_info().group_len(regex_automata::PatternID::ZERO) - 1
    }

    /// The first match at or after byte `from`.
    pub(super) fn find(&self, text: &str, from: usize) -> Option<Groups> {
        let start = self.search.find(Input::new(text).span(from..text.len()))?.start();
        let input = Input::new(text).span(start..text.len()).anchored(Anchored::Yes);
        let mut groups = self.exact.create_captures();
        let cache = &mut self.cache.borrow_mut();
        self.exact.captures(cache, input, &mut groups);
        if self.prefers_short {
            self.shorten(text, start, &mut groups, cache);
        }
        groups.is_match().then(|| (0..groups.group_len()).map(|group| groups.get_group(group)).collect())
    }

    /// The match with the nearest end, from the same start.
    fn shorten(&self, text: &str, start: usize, groups: &mut Captures, cache: &mut pikevm::Cache) {
        let input = Input::new(text).span(start..text.len()).anchored(Anchored::Yes).earliest(true);
        self.exact.captures(cache, input, groups);
    }
}

fn pikevm_nfa_config() -> regex_automata::nfa::thompson::Config {
    regex_automata::nfa::thompson::Config::new().nfa_size_limit(Some(COMPILED_BYTES_MAX))
}
