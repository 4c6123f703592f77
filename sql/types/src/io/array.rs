//! Arrays as text: `{1,2,NULL,"a b"}`, nested `{{1,2},{3,4}}`, with bounds `[0:1]={1,2}`.

use super::is_space;
use crate::datum::{Array, Datum};
use crate::error::{SqlError, SqlState};
use crate::ty::TypeId;

/// Most dimensions of an array.
pub(super) const DIMENSIONS_MAX: usize = 6;
/// Most elements of an array.
pub(super) const ELEMENTS_MAX: usize = 134_217_727;

/// Reads an array literal; `element` reads one element's text.
pub(super) fn parse(
    text: &str,
    element: TypeId,
    read: &dyn Fn(&str) -> Result<Datum, SqlError>,
) -> Result<Array, SqlError> {
    let malformed = |detail: String| {
        let message = format!("malformed array literal: \"{text}\"");
        SqlError::new(SqlState::INVALID_TEXT_REPRESENTATION, message).detail(detail)
    };
    let mut parser = Parser { rest: text, read, elements: Vec::new(), lengths: Vec::new() };
    let bounds = parser.bounds().map_err(|failure| failure.into_error(&malformed))?;
    parser.blanks();
    if !parser.rest.starts_with('{') {
        return Err(malformed(match bounds.is_empty() {
            true => "Array value must start with \"{\" or dimension information.".to_owned(),
            false => "Array contents must start with \"{\".".to_owned(),
        }));
    }
    parser.level(0).map_err(|failure| failure.into_error(&malformed))?;
    parser.blanks();
    if !parser.rest.is_empty() {
        return Err(malformed("Junk after closing right brace.".to_owned()));
    }
    if parser.elements.is_empty() {
        return Ok(Array { element, dimensions: Vec::new(), elements: Vec::new() });
    }
    let lengths: Vec<i32> = parser.lengths.iter().map(|length| length.unwrap_or(0) as i32).collect();
    let lowers = match bounds.is_empty() {
        true => vec![1; lengths.len()],
        false
            if bounds.len() == lengths.len()
                && bounds.iter().zip(&lengths).all(|(bound, length)| bound.1 == *length) =>
        {
            bounds.iter().map(|bound| bound.0).collect()
        }
        false => return Err(malformed("Specified array dimensions do not match array contents.".to_owned())),
    };
    Ok(Array { element, dimensions: lengths.into_iter().zip(lowers).collect(), elements: parser.elements })
}

/// Why a literal is refused.
enum Failure {
    /// Malformed, with this detail.
    Detail(String),
    /// Another error: an element that cannot be read, too many dimensions.
    Other(SqlError),
}

impl Failure {
    fn into_error(self, malformed: &dyn Fn(String) -> SqlError) -> SqlError {
        match self {
            Failure::Detail(detail) => malformed(detail),
            Failure::Other(error) => error,
        }
    }
}

fn detail<T>(text: &str) -> Result<T, Failure> {
    Err(Failure::Detail(text.to_owned()))
}

struct Parser<'a> {
    rest: &'a str,
    read: &'a dyn Fn(&str) -> Result<Datum, SqlError>,
    elements: Vec<Datum>,
    /// Length per nesting level, once the first list of that level is complete.
    lengths: Vec<Option<usize>>,
}

impl Parser<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(|c: char| u8::try_from(c).is_ok_and(is_space));
    }

    /// `[lower:upper]...=`, as (lower bound, length).
    fn bounds(&mut self) -> Result<Vec<(i32, i32)>, Failure> {
        let mut bounds = Vec::new();
        loop {
            self.blanks();
            let Some(rest) = self.rest.strip_prefix('[') else { break };
            if bounds.len() == DIMENSIONS_MAX {
                return Err(Failure::Other(too_many_dimensions()));
            }
            let Some((inside, after)) = rest.split_once(']') else {
                return detail("Missing \"]\" after array dimensions.");
            };
            let number = |text: &str| {
                text.parse::<i32>().map_err(|_| {
                    Failure::Detail("\"[\" must introduce explicitly-specified array dimensions.".to_owned())
                })
            };
            let (lower, upper) = match inside.split_once(':') {
                Some((lower, upper)) => (number(lower)?, number(upper)?),
                None => (1, number(inside)?),
            };
            if upper < lower {
                let message = "upper bound cannot be less than lower bound";
                return Err(Failure::Other(SqlError::new(SqlState::ARRAY_SUBSCRIPT_ERROR, message)));
            }
            let length = upper.checked_sub(lower).and_then(|length| length.checked_add(1));
            let Some(length) = length else { return Err(Failure::Other(too_large())) };
            bounds.push((lower, length));
            self.rest = after;
        }
        if !bounds.is_empty() {
            match self.rest.strip_prefix('=') {
                Some(rest) => self.rest = rest,
                None => return detail("Missing \"=\" after array dimensions."),
            }
        }
        Ok(bounds)
    }

    /// One braced list. The parser stands at its `{`.
    fn level(&mut self, depth: usize) -> Result<(), Failure> {
        if depth == DIMENSIONS_MAX {
            return Err(Failure::Other(too_many_dimensions()));
        }
        self.rest = &self.rest[1..];
        if self.lengths.len() == depth {
            self.lengths.push(None);
        }
        let mut count = 0;
        self.blanks();
        if let Some(rest) = self.rest.strip_prefix('}') {
            self.rest = rest;
            // Only a whole literal may be empty, not one list among others.
            return if depth == 0 { Ok(()) } else { detail("Unexpected \"}\" character.") };
        }
        loop {
            self.blanks();
            match self.rest.chars().next() {
                None => return detail("Unexpected end of input."),
                Some('{') => {
                    if self.lengths.len() == depth + 1 && (count > 0 || self.lengths[depth].is_some()) {
                        return detail("Unexpected \"{\" character.");
                    }
                    self.level(depth + 1)?;
                }
                Some(_) => {
                    if self.lengths.len() > depth + 1 {
                        return detail("Unexpected array element.");
                    }
                    self.element()?;
                }
            }
            count += 1;
            self.blanks();
            match self.rest.chars().next() {
                Some(',') => self.rest = &self.rest[1..],
                Some('}') => {
                    self.rest = &self.rest[1..];
                    break;
                }
                None => return detail("Unexpected end of input."),
                Some(_) => return detail("Unexpected array element."),
            }
        }
        match self.lengths[depth].replace(count) {
            Some(before) if before != count => {
                detail("Multidimensional arrays must have sub-arrays with matching dimensions.")
            }
            _ => Ok(()),
        }
    }

    fn element(&mut self) -> Result<(), Failure> {
        if self.elements.len() == ELEMENTS_MAX {
            return Err(Failure::Other(too_large()));
        }
        let mut text = String::new();
        let mut quoted = false;
        // Blanks at the end of an unquoted element do not count; escaped ones do.
        let mut end = 0;
        let mut chars = self.rest.char_indices();
        let mut stop = self.rest.len();
        let (mut in_quotes, mut closed) = (false, false);
        while let Some((at, c)) = chars.next() {
            match c {
                // Quotes go around the whole element.
                '"' if !in_quotes && (closed || !text.trim_end().is_empty()) => {
                    return detail("Unexpected array element.");
                }
                '"' => {
                    closed = in_quotes;
                    in_quotes = !in_quotes;
                    quoted = true;
                    end = text.len();
                }
                '\\' => match chars.next() {
                    Some((_, escaped)) => {
                        text.push(escaped);
                        quoted |= !in_quotes;
                        end = text.len();
                    }
                    None => return detail("Unexpected end of input."),
                },
                _ if in_quotes => text.push(c),
                ',' | '}' => {
                    stop = at;
                    break;
                }
                '{' => return detail("Unexpected \"{\" character."),
                _ if closed && !u8::try_from(c).is_ok_and(is_space) => return detail("Unexpected array element."),
                _ => {
                    text.push(c);
                    if !u8::try_from(c).is_ok_and(is_space) {
                        end = text.len();
                    }
                }
            }
            if in_quotes {
                end = text.len();
            }
        }
        if in_quotes {
            return detail("Unexpected end of input.");
        }
        self.rest = &self.rest[stop..];
        text.truncate(end);
        if text.is_empty() && !quoted {
            return match self.rest.chars().next() {
                Some(found) => detail(&format!("Unexpected \"{found}\" character.")),
                None => detail("Unexpected end of input."),
            };
        }
        let is_null = !quoted && text.eq_ignore_ascii_case("null");
        self.elements.push(if is_null { Datum::Null } else { (self.read)(&text).map_err(Failure::Other)? });
        Ok(())
    }
}

fn too_many_dimensions() -> SqlError {
    let message =
        format!("number of array dimensions ({}) exceeds the maximum allowed ({DIMENSIONS_MAX})", DIMENSIONS_MAX + 1);
    SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message)
}

fn too_large() -> SqlError {
    SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, format!("array size exceeds the maximum allowed ({ELEMENTS_MAX})"))
}

/// Appends an array; `write` appends one element's text.
pub(super) fn print(array: &Array, out: &mut Vec<u8>, write: &dyn Fn(&Datum, &mut Vec<u8>)) {
    if array.elements.is_empty() {
        return out.extend_from_slice(b"{}");
    }
    if array.dimensions.iter().any(|(_, lower)| *lower != 1) {
        for (length, lower) in &array.dimensions {
            let upper = i64::from(*lower) + i64::from(*length) - 1;
            out.extend_from_slice(format!("[{lower}:{upper}]").as_bytes());
        }
        out.push(b'=');
    }
    let mut elements = array.elements.iter();
    let mut scratch = Vec::new();
    let lengths: Vec<i32> = array.dimensions.iter().map(|(length, _)| *length).collect();
    print_level(&lengths, &mut elements, &mut scratch, out, write);
}

fn print_level<'a>(
    lengths: &[i32],
    elements: &mut impl Iterator<Item = &'a Datum>,
    scratch: &mut Vec<u8>,
    out: &mut Vec<u8>,
    write: &dyn Fn(&Datum, &mut Vec<u8>),
) {
    let Some((length, inner)) = lengths.split_first() else { return };
    out.push(b'{');
    for at in 0..*length {
        if at > 0 {
            out.push(b',');
        }
        if !inner.is_empty() {
            print_level(inner, elements, scratch, out, write);
            continue;
        }
        match elements.next() {
            None | Some(Datum::Null) => out.extend_from_slice(b"NULL"),
            Some(element) => {
                scratch.clear();
                write(element, scratch);
                quoted_element(scratch, out);
            }
        }
    }
    out.push(b'}');
}

/// Appends an element's text, in quotes where array input would read it otherwise.
pub fn quoted_element(text: &[u8], out: &mut Vec<u8>) {
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | b'{' | b'}' | b',') || is_space(*byte);
    if !(text.is_empty() || text.eq_ignore_ascii_case(b"null") || text.iter().any(special)) {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// Reads `int2vector` and `oidvector`: numbers with blanks between, lower bound 0.
pub(super) fn parse_vector(
    text: &str,
    element: TypeId,
    read: &dyn Fn(&str) -> Result<Datum, SqlError>,
) -> Result<Array, SqlError> {
    let elements = text.split_ascii_whitespace().map(read).collect::<Result<Vec<_>, _>>()?;
    let dimensions = vec![(elements.len() as i32, 0)];
    Ok(Array { element, dimensions, elements })
}

/// Appends `int2vector` and `oidvector`.
pub(super) fn print_vector(array: &Array, out: &mut Vec<u8>, write: &dyn Fn(&Datum, &mut Vec<u8>)) {
    for (at, element) in array.elements.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        write(element, out);
    }
}
