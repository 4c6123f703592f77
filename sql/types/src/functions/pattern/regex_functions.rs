//! `~` and the functions named `regexp_*`.

use crate::datum::Array;
use crate::error::{SqlError, SqlState};
use crate::functions::array::{text_array, texts};
use crate::functions::declare::{f, functions, set};

use super::regex::{Groups, compiled};
use super::translate::Flags;

fn bad_parameter(message: String) -> SqlError {
    SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// Option letters, and whether `g` is among them.
fn parse_flags(letters: &str) -> Result<(Flags, bool), SqlError> {
    let mut flags = Flags::default();
    let mut global = false;
    for letter in letters.chars() {
        match letter {
            'g' => global = true,
            _ => flags
                .set(letter)
                .ok_or_else(|| bad_parameter(format!("invalid regular expression option: \"{letter}\"")))??,
        }
    }
    Ok((flags, global))
}

/// Options for a function that does not know `g`.
fn parse_local_flags(letters: &str, function: &str) -> Result<Flags, SqlError> {
    match parse_flags(letters)? {
        (flags, false) => Ok(flags),
        (_, true) => Err(bad_parameter(format!("{function}() does not support the \"global\" option"))),
    }
}

fn is_match(text: &str, pattern: &str, ignore_case: bool) -> Result<bool, SqlError> {
    Ok(compiled(pattern, Flags { ignore_case, ..Flags::default() })?.is_match(text))
}

/// Where to search after a match: at its end, one character further when it was empty. `None` behind the text.
fn next_search(text: &str, whole: regex_automata::Span) -> Option<usize> {
    if whole.end > whole.start {
        return Some(whole.end);
    }
    text[whole.end..].chars().next().map(|c| whole.end + c.len_utf8())
}

/// All matches from byte `from`, in order.
fn all_matches(text: &str, pattern: &str, flags: Flags, from: usize) -> Result<Vec<Groups>, SqlError> {
    let regex = compiled(pattern, flags)?;
    let mut found = Vec::new();
    let mut from = Some(from);
    while let Some(groups) = from.and_then(|from| regex.find(text, from)) {
        from = whole(&groups).and_then(|whole| next_search(text, whole));
        found.push(groups);
    }
    Ok(found)
}

fn whole(groups: &Groups) -> Option<regex_automata::Span> {
    groups.first().copied().flatten()
}

/// `substring(text from pattern)`: the first group, or the whole match of a pattern without groups.
fn substring<'a>(text: &'a str, pattern: &str) -> Result<Option<&'a str>, SqlError> {
    let regex = compiled(pattern, Flags::default())?;
    let found = regex.find(text, 0).and_then(|groups| groups[usize::from(regex.group_count() > 0)]);
    Ok(found.map(|span| &text[span.range()]))
}

/// The groups of a match as `text[]`; the whole match when there are none.
fn groups_array(text: &str, groups: &Groups) -> Array {
    let shown = if groups.len() > 1 { &groups[1..] } else { &groups[..] };
    text_array(shown.iter().map(|group| group.map(|span| &text[span.range()])))
}

fn first_match(text: &str, pattern: &str, letters: &str) -> Result<Option<Array>, SqlError> {
    let flags = parse_local_flags(letters, "regexp_match")
        .map_err(|error| error.hint("Use the regexp_matches function instead."))?;
    Ok(compiled(pattern, flags)?.find(text, 0).map(|groups| groups_array(text, &groups)))
}

fn matches(text: &str, pattern: &str, letters: &str) -> Result<Vec<Array>, SqlError> {
    let (flags, global) = parse_flags(letters)?;
    let found = match global {
        true => all_matches(text, pattern, flags, 0)?,
        false => compiled(pattern, flags)?.find(text, 0).into_iter().collect(),
    };
    Ok(found.iter().map(|groups| groups_array(text, groups)).collect())
}

/// Pieces between matches; empty matches at the ends or right after another match do not split.
fn split<'a>(text: &'a str, pattern: &str, letters: &str, function: &str) -> Result<Vec<&'a str>, SqlError> {
    let flags = parse_local_flags(letters, function)?;
    let mut pieces = Vec::new();
    let mut from = 0;
    for groups in all_matches(text, pattern, flags, 0)? {
        let Some(whole) = whole(&groups) else { continue };
        if whole.start < text.len() && whole.end > from {
            pieces.push(&text[from..whole.start]);
            from = whole.end;
        }
    }
    pieces.push(&text[from..]);
    Ok(pieces)
}

/// Appends a replacement: `\1` to `\9` are groups, `\&` the match, `\\` a backslash.
fn append_replacement(out: &mut String, replacement: &str, text: &str, groups: &Groups) {
    let mut rest = replacement.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let group = match rest.next() {
            Some('&') => 0,
            Some(digit @ '1'..='9') => digit as usize - '0' as usize,
            Some('\\') | None => {
                out.push('\\');
                continue;
            }
            Some(other) => {
                out.push('\\');
                out.push(other);
                continue;
            }
        };
        if let Some(span) = groups.get(group).copied().flatten() {
            out.push_str(&text[span.range()]);
        }
    }
}

/// Replaces the n-th match at or after byte `from`, or all when `n` is 0.
fn replace(text: &str, pattern: &str, with: &str, flags: Flags, from: usize, n: usize) -> Result<String, SqlError> {
    let found = match n {
        1 => compiled(pattern, flags)?.find(text, from).into_iter().collect(),
        _ => all_matches(text, pattern, flags, from)?,
    };
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, groups) in found.iter().enumerate() {
        let Some(whole) = whole(groups).filter(|_| n == 0 || at + 1 == n) else { continue };
        out.push_str(&text[copied..whole.start]);
        append_replacement(&mut out, with, text, groups);
        copied = whole.end;
    }
    out.push_str(&text[copied..]);
    Ok(out)
}

fn replace_by_flags(text: &str, pattern: &str, with: &str, letters: &str) -> Result<String, SqlError> {
    if letters.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(bad_parameter(format!("invalid regular expression option: \"{}\"", &letters[..1]))
            .hint("If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly."));
    }
    let (flags, global) = parse_flags(letters)?;
    replace(text, pattern, with, flags, 0, usize::from(!global))
}

/// A parameter that must be at least `min`.
fn at_least(min: i32, value: i32, name: &str) -> Result<usize, SqlError> {
    match value >= min {
        true => Ok(value as usize),
        false => Err(bad_parameter(format!("invalid value for parameter \"{name}\": {value}"))),
    }
}

/// Byte offset of the character at `start` (from 1); `None` behind the text.
fn byte_offset(text: &str, start: i32) -> Result<Option<usize>, SqlError> {
    let skip = at_least(1, start, "start")? - 1;
    Ok(text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(skip))
}

fn replace_from(
    text: &str,
    pattern: &str,
    with: &str,
    start: i32,
    n: Option<i32>,
    letters: Option<&str>,
) -> Result<String, SqlError> {
    let (flags, global) = parse_flags(letters.unwrap_or(""))?;
    let from = byte_offset(text, start)?;
    let n = match n {
        Some(n) => at_least(0, n, "n")?,
        None => usize::from(!global),
    };
    match from {
        Some(from) => replace(text, pattern, with, flags, from, n),
        None => Ok(text.to_owned()),
    }
}

fn count(text: &str, pattern: &str, start: i32, letters: &str) -> Result<i32, SqlError> {
    let from = byte_offset(text, start)?;
    let flags = parse_local_flags(letters, "regexp_count")?;
    from.map_or(Ok(0), |from| Ok(all_matches(text, pattern, flags, from)?.len() as i32))
}

/// Which match, and which group of it.
struct Wanted<'a> {
    start: i32,
    n: Option<i32>,
    letters: Option<&'a str>,
    group: Option<i32>,
}

fn nth_match(
    text: &str,
    pattern: &str,
    wanted: &Wanted<'_>,
    function: &str,
) -> Result<Option<regex_automata::Span>, SqlError> {
    let from = byte_offset(text, wanted.start)?;
    let n = at_least(1, wanted.n.unwrap_or(1), "n")?;
    let group = at_least(0, wanted.group.unwrap_or(0), "subexpr")?;
    let flags = parse_local_flags(wanted.letters.unwrap_or(""), function)?;
    let Some(from) = from else { return Ok(None) };
    let found = all_matches(text, pattern, flags, from)?;
    Ok(found.get(n - 1).and_then(|groups| groups.get(group).copied().flatten()))
}

fn substr<'a>(text: &'a str, pattern: &str, wanted: &Wanted<'_>) -> Result<Option<&'a str>, SqlError> {
    Ok(nth_match(text, pattern, wanted, "regexp_substr")?.map(|span| &text[span.range()]))
}

fn instr(text: &str, pattern: &str, end: Option<i32>, wanted: &Wanted<'_>) -> Result<i32, SqlError> {
    let end = end.unwrap_or(0);
    if end != 0 && end != 1 {
        return Err(bad_parameter(format!("invalid value for parameter \"endoption\": {end}")));
    }
    let found = nth_match(text, pattern, wanted, "regexp_instr")?;
    Ok(found.map_or(0, |span| {
        let at = if end == 1 { span.end } else { span.start };
        text[..at].chars().count() as i32 + 1
    }))
}

functions! {
    1254 textregexeq(TEXT, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, false));
    1256 textregexne(TEXT, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, false).map(|found| !found));
    1238 texticregexeq(TEXT, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, true));
    1239 texticregexne(TEXT, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, true).map(|found| !found));
    79 nameregexeq(NAME, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, false));
    1252 nameregexne(NAME, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, false).map(|found| !found));
    1240 nameicregexeq(NAME, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, true));
    1241 nameicregexne(NAME, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, true).map(|found| !found));
    1658 bpcharregexeq(BPCHAR, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, false));
    1659 bpcharregexne(BPCHAR, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, false).map(|found| !found));
    1656 bpcharicregexeq(BPCHAR, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, true));
    1657 bpcharicregexne(BPCHAR, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, true).map(|found| !found));
    2073 substring(TEXT, TEXT) -> TEXT = f!(|text: &str, pattern: &str| substring(text, pattern));
    2074 substring(TEXT, TEXT, TEXT) -> TEXT = f!(|text: &str, pattern: &str, escape: &str| substring(text, &super::similar::rewrite(pattern, Some(escape))?));
    6263 regexp_like(TEXT, TEXT) -> BOOL = f!(|text: &str, pattern: &str| is_match(text, pattern, false));
    6264 regexp_like(TEXT, TEXT, TEXT) -> BOOL = f!(|text: &str, pattern: &str, flags: &str| compiled(pattern, parse_local_flags(flags, "regexp_like")?)?.is_match(text));
    3396 regexp_match(TEXT, TEXT) -> TEXT_ARRAY = f!(|text: &str, pattern: &str| first_match(text, pattern, ""));
    3397 regexp_match(TEXT, TEXT, TEXT) -> TEXT_ARRAY = f!(|text: &str, pattern: &str, flags: &str| first_match(text, pattern, flags));
    2284 regexp_replace(TEXT, TEXT, TEXT) -> TEXT = f!(|text: &str, pattern: &str, with: &str| replace(text, pattern, with, Flags::default(), 0, 1));
    2285 regexp_replace(TEXT, TEXT, TEXT, TEXT) -> TEXT = f!(|text: &str, pattern: &str, with: &str, flags: &str| replace_by_flags(text, pattern, with, flags));
    6253 regexp_replace(TEXT, TEXT, TEXT, INT4) -> TEXT = f!(|text: &str, pattern: &str, with: &str, start: i32| replace_from(text, pattern, with, start, None, None));
    6252 regexp_replace(TEXT, TEXT, TEXT, INT4, INT4) -> TEXT = f!(|text: &str, pattern: &str, with: &str, start: i32, n: i32| replace_from(text, pattern, with, start, Some(n), None));
    6251 regexp_replace(TEXT, TEXT, TEXT, INT4, INT4, TEXT) -> TEXT = f!(|text: &str, pattern: &str, with: &str, start: i32, n: i32, flags: &str| replace_from(text, pattern, with, start, Some(n), Some(flags)));
    2767 regexp_split_to_array(TEXT, TEXT) -> TEXT_ARRAY = f!(|text: &str, pattern: &str| texts(split(text, pattern, "", "regexp_split_to_array")?));
    2768 regexp_split_to_array(TEXT, TEXT, TEXT) -> TEXT_ARRAY = f!(|text: &str, pattern: &str, flags: &str| texts(split(text, pattern, flags, "regexp_split_to_array")?));
    6254 regexp_count(TEXT, TEXT) -> INT4 = f!(|text: &str, pattern: &str| count(text, pattern, 1, ""));
    6255 regexp_count(TEXT, TEXT, INT4) -> INT4 = f!(|text: &str, pattern: &str, start: i32| count(text, pattern, start, ""));
    6256 regexp_count(TEXT, TEXT, INT4, TEXT) -> INT4 = f!(|text: &str, pattern: &str, start: i32, flags: &str| count(text, pattern, start, flags));
    6265 regexp_substr(TEXT, TEXT) -> TEXT = f!(|text: &str, pattern: &str| substr(text, pattern, &Wanted { start: 1, n: None, letters: None, group: None }));
    6266 regexp_substr(TEXT, TEXT, INT4) -> TEXT = f!(|text: &str, pattern: &str, start: i32| substr(text, pattern, &Wanted { start, n: None, letters: None, group: None }));
    6267 regexp_substr(TEXT, TEXT, INT4, INT4) -> TEXT = f!(|text: &str, pattern: &str, start: i32, n: Option<i32>| substr(text, pattern, &Wanted { start, n, letters: None, group: None }));
    6268 regexp_substr(TEXT, TEXT, INT4, INT4, TEXT) -> TEXT = f!(|text: &str, pattern: &str, start: i32, n: Option<i32>, letters: Option<&str>| substr(text, pattern, &Wanted { start, n, letters, group: None }));
    6269 regexp_substr(TEXT, TEXT, INT4, INT4, TEXT, INT4) -> TEXT = f!(|text: &str, pattern: &str, start: i32, n: Option<i32>, letters: Option<&str>, group: Option<i32>| substr(text, pattern, &Wanted { start, n, letters, group }));
    6257 regexp_instr(TEXT, TEXT) -> INT4 = f!(|text: &str, pattern: &str| instr(text, pattern, None, &Wanted { start: 1, n: None, letters: None, group: None }));
    6258 regexp_instr(TEXT, TEXT, INT4) -> INT4 = f!(|text: &str, pattern: &str, start: i32| instr(text, pattern, None, &Wanted { start, n: None, letters: None, group: None }));
    6259 regexp_instr(TEXT, TEXT, INT4, INT4) -> INT4 = f!(|text: &str, pattern: &str, start: i32, n: Option<i32>| instr(text, pattern, None, &Wanted { start, n, letters: None, group: None }));
    6260 regexp_instr(TEXT, TEXT, INT4, INT4, INT4) -> INT4 = f!(|text: &str, pattern: &str, start: i32, n: Option<i32>, end: Option<i32>| instr(text, pattern, end, &Wanted { start, n, letters: None, group: None }));
    6261 regexp_instr(TEXT, TEXT, INT4, INT4, INT4, TEXT) -> INT4 = f!(|text: &str, pattern: &str, start: i32, n: Option<i32>, end: Option<i32>, letters: Option<&str>| instr(text, pattern, end, &Wanted { start, n, letters, group: None }));
    6262 regexp_instr(TEXT, TEXT, INT4, INT4, INT4, TEXT, INT4) -> INT4 = f!(|text: &str, pattern: &str, start: i32, n: Option<i32>, end: Option<i32>, letters: Option<&str>, group: Option<i32>| instr(text, pattern, end, &Wanted { start, n, letters, group }));
    2763 regexp_matches(TEXT, TEXT) -> TEXT_ARRAY = set!(TEXT_ARRAY "regexp_matches", |text: &str, pattern: &str| matches(text, pattern, ""));
    2764 regexp_matches(TEXT, TEXT, TEXT) -> TEXT_ARRAY = set!(TEXT_ARRAY "regexp_matches", |text: &str, pattern: &str, flags: &str| matches(text, pattern, flags));
    2765 regexp_split_to_table(TEXT, TEXT) -> TEXT = set!(TEXT "regexp_split_to_table", |text: &str, pattern: &str| split(text, pattern, "", "regexp_split_to_table"));
    2766 regexp_split_to_table(TEXT, TEXT, TEXT) -> TEXT = set!(TEXT "regexp_split_to_table", |text: &str, pattern: &str, flags: &str| split(text, pattern, flags, "regexp_split_to_table"));
}
