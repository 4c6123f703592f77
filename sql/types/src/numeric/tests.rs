use super::*;

fn n(text: &str) -> Numeric {
    Numeric::parse(text).unwrap()
}

#[test]
fn prints_what_it_read() {
    for text in [
        "0",
        "0.00",
        "1",
        "-1.50",
        "0.001",
        "-0.01",
        "12345678901234567890.123456789012345678",
        "NaN",
        "Infinity",
        "-Infinity",
        "99999999999999999999999999999999999999",
        "10000000000000000000",
        "100000000000000000000.0",
    ] {
        assert_eq!(n(text).to_string(), text);
    }
    assert_eq!(n("1e3").to_string(), "1000");
    assert_eq!(n("1.5e-3").to_string(), "0.0015");
    assert_eq!(n(" .5 ").to_string(), "0.5");
    assert_eq!(n("5.").to_string(), "5");
    assert_eq!(n("-0").to_string(), "0");
}

#[test]
fn division_scale_is_postgres() {
    let div = |a: &str, b: &str| n(a).checked_div(n(b)).unwrap().to_string();
    assert_eq!(div("1", "3"), "0.33333333333333333333");
    assert_eq!(div("10", "3"), "3.3333333333333333");
    assert_eq!(div("4", "2"), "2.0000000000000000");
    assert_eq!(div("1.0", "7.00"), "0.14285714285714285714");
    assert_eq!(div("1", "3000"), "0.00033333333333333333");
}
