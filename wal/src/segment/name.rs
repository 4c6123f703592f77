//! File names of segments: twelve decimal digits, so that names sort as numbers do.

use super::SegmentNumber;

const SUFFIX: &str = ".log";
const DIGITS: usize = 12;

pub(crate) fn segment_name(number: SegmentNumber) -> String {
    format!("{:0DIGITS$}{SUFFIX}", number.0)
}

/// The number in a segment's name; `None` for any other file.
pub(crate) fn parse_segment_name(name: &str) -> Option<SegmentNumber> {
    let digits = name.strip_suffix(SUFFIX)?;
    let number = SegmentNumber(digits.parse().ok()?);
    (segment_name(number) == name && number >= SegmentNumber::FIRST).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_names_are_segments() {
        assert_eq!(segment_name(SegmentNumber(7)), "000000000007.log");
        assert_eq!(parse_segment_name("000000000007.log"), Some(SegmentNumber(7)));
        assert_eq!(parse_segment_name(&segment_name(SegmentNumber(u64::MAX))), Some(SegmentNumber(u64::MAX)));
        for other in ["7.log", "000000000007", "+00000000007.log", "000000000000.log", "prepare.tmp", ".log"] {
            assert_eq!(parse_segment_name(other), None, "{other}");
        }
    }
}
