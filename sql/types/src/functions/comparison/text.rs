//! `= <> < <= > >=` of strings, byte by byte (collation "C"), and the `~<~` family. Padding of `char(n)` does not count.

use crate::compare::unpadded;
use crate::functions::declare::{f, functions};

functions! {
    240 nameeqtext(NAME, TEXT) -> BOOL = f!(|a: &str, b: &str| a == b);
    245 namenetext(NAME, TEXT) -> BOOL = f!(|a: &str, b: &str| a != b);
    241 namelttext(NAME, TEXT) -> BOOL = f!(|a: &str, b: &str| a < b);
    242 nameletext(NAME, TEXT) -> BOOL = f!(|a: &str, b: &str| a <= b);
    244 namegttext(NAME, TEXT) -> BOOL = f!(|a: &str, b: &str| a > b);
    243 namegetext(NAME, TEXT) -> BOOL = f!(|a: &str, b: &str| a >= b);
    247 texteqname(TEXT, NAME) -> BOOL = f!(|a: &str, b: &str| a == b);
    252 textnename(TEXT, NAME) -> BOOL = f!(|a: &str, b: &str| a != b);
    248 textltname(TEXT, NAME) -> BOOL = f!(|a: &str, b: &str| a < b);
    249 textlename(TEXT, NAME) -> BOOL = f!(|a: &str, b: &str| a <= b);
    251 textgtname(TEXT, NAME) -> BOOL = f!(|a: &str, b: &str| a > b);
    250 textgename(TEXT, NAME) -> BOOL = f!(|a: &str, b: &str| a >= b);
    61 chareq(CHAR, CHAR) -> BOOL = f!(|a: &str, b: &str| a == b);
    70 charne(CHAR, CHAR) -> BOOL = f!(|a: &str, b: &str| a != b);
    1246 charlt(CHAR, CHAR) -> BOOL = f!(|a: &str, b: &str| a < b);
    72 charle(CHAR, CHAR) -> BOOL = f!(|a: &str, b: &str| a <= b);
    73 chargt(CHAR, CHAR) -> BOOL = f!(|a: &str, b: &str| a > b);
    74 charge(CHAR, CHAR) -> BOOL = f!(|a: &str, b: &str| a >= b);
    62 nameeq(NAME, NAME) -> BOOL = f!(|a: &str, b: &str| a == b);
    659 namene(NAME, NAME) -> BOOL = f!(|a: &str, b: &str| a != b);
    655 namelt(NAME, NAME) -> BOOL = f!(|a: &str, b: &str| a < b);
    656 namele(NAME, NAME) -> BOOL = f!(|a: &str, b: &str| a <= b);
    657 namegt(NAME, NAME) -> BOOL = f!(|a: &str, b: &str| a > b);
    658 namege(NAME, NAME) -> BOOL = f!(|a: &str, b: &str| a >= b);
    67 texteq(TEXT, TEXT) -> BOOL = f!(|a: &str, b: &str| a == b);
    157 textne(TEXT, TEXT) -> BOOL = f!(|a: &str, b: &str| a != b);
    740 text_lt(TEXT, TEXT) -> BOOL = f!(|a: &str, b: &str| a < b);
    741 text_le(TEXT, TEXT) -> BOOL = f!(|a: &str, b: &str| a <= b);
    742 text_gt(TEXT, TEXT) -> BOOL = f!(|a: &str, b: &str| a > b);
    743 text_ge(TEXT, TEXT) -> BOOL = f!(|a: &str, b: &str| a >= b);
    1048 bpchareq(BPCHAR, BPCHAR) -> BOOL = f!(|a: &str, b: &str| unpadded(a) == unpadded(b));
    1053 bpcharne(BPCHAR, BPCHAR) -> BOOL = f!(|a: &str, b: &str| unpadded(a) != unpadded(b));
    1049 bpcharlt(BPCHAR, BPCHAR) -> BOOL = f!(|a: &str, b: &str| unpadded(a) < unpadded(b));
    1050 bpcharle(BPCHAR, BPCHAR) -> BOOL = f!(|a: &str, b: &str| unpadded(a) <= unpadded(b));
    1051 bpchargt(BPCHAR, BPCHAR) -> BOOL = f!(|a: &str, b: &str| unpadded(a) > unpadded(b));
    1052 bpcharge(BPCHAR, BPCHAR) -> BOOL = f!(|a: &str, b: &str| unpadded(a) >= unpadded(b));
    2160 text_pattern_lt(TEXT, TEXT) -> BOOL = f!(|a: &str, b: &str| a < b);
    2161 text_pattern_le(TEXT, TEXT) -> BOOL = f!(|a: &str, b: &str| a <= b);
    2163 text_pattern_ge(TEXT, TEXT) -> BOOL = f!(|a: &str, b: &str| a >= b);
    2164 text_pattern_gt(TEXT, TEXT) -> BOOL = f!(|a: &str, b: &str| a > b);
    2174 bpchar_pattern_lt(BPCHAR, BPCHAR) -> BOOL = f!(|a: &str, b: &str| unpadded(a) < unpadded(b));
    2175 bpchar_pattern_le(BPCHAR, BPCHAR) -> BOOL = f!(|a: &str, b: &str| unpadded(a) <= unpadded(b));
    2177 bpchar_pattern_ge(BPCHAR, BPCHAR) -> BOOL = f!(|a: &str, b: &str| unpadded(a) >= unpadded(b));
    2178 bpchar_pattern_gt(BPCHAR, BPCHAR) -> BOOL = f!(|a: &str, b: &str| unpadded(a) > unpadded(b));
}
