use super::*;
use crate::datum::Datum;
use crate::numeric::Numeric;
use crate::ty::{Type, TypeId};

fn layout(types: &[TypeId]) -> RowLayout {
    RowLayout::new(&types.iter().copied().map(Type::plain).collect::<Vec<_>>())
}

fn encoded(layout: &RowLayout, row: &[Datum]) -> Vec<u8> {
    let mut bytes = Vec::new();
    layout.encode(row, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_column_is_read_alone() {
    let layout = layout(&[TypeId::INT4, TypeId::TEXT, TypeId::INT8, TypeId::TEXT]);
    let row = encoded(&layout, &[Datum::Int4(7), Datum::text("a"), Datum::Null, Datum::text("bc")]);
    assert_eq!(layout.int4(&row, 0), Ok(Some(7)));
    assert_eq!(layout.text(&row, 1), Ok(Some("a")));
    assert_eq!(layout.int8(&row, 2), Ok(None));
    assert_eq!(layout.text(&row, 3), Ok(Some("bc")));
    assert_eq!(layout.int8(&row, 0), Err(RowError::WrongType { column: 0 }));
    assert_eq!(layout.int4(&row, 4), Err(RowError::ColumnCount { found: 5, known: 4 }));
}

/// The example at the end of `docs/formats/row.md`.
#[test]
fn the_documented_bytes() {
    let layout = layout(&[TypeId::INT4, TypeId::TEXT, TypeId::NUMERIC, TypeId::TEXT]);
    let balance = Datum::Numeric(Numeric::new(1234, 2).unwrap());
    let row = encoded(&layout, &[Datum::Int4(7), Datum::text("Ann"), balance, Datum::Null]);
    let expected = b"\x04\x80\x08\x07\0\0\0\x03\0\x06\0\x06\0Ann\x02\xd2\x04";
    assert_eq!(row, expected);
}

#[test]
fn an_update_of_integers_copies_the_row() {
    let layout = layout(&[TypeId::INT4, TypeId::TEXT, TypeId::INT8]);
    let row = encoded(&layout, &[Datum::Int4(1), Datum::text("x"), Datum::Int8(2)]);
    let mut patched = Vec::new();
    layout.patch(&row, &[(2, Datum::Int8(-9)), (0, Datum::Int4(5))], &mut patched).unwrap();
    assert_eq!(patched, encoded(&layout, &[Datum::Int4(5), Datum::text("x"), Datum::Int8(-9)]));
    assert_eq!(layout.same_bytes(&row, &patched, 1), Ok(true));
    assert_eq!(layout.same_bytes(&row, &patched, 2), Ok(false));
}

#[test]
fn an_added_column_reads_its_missing_value() {
    let row = encoded(&layout(&[TypeId::INT4]), &[Datum::Int4(1)]);
    let mut wider = layout(&[TypeId::INT4, TypeId::INT8, TypeId::TEXT]);
    wider.set_missing(1, Datum::Int8(42));
    assert_eq!(wider.column_count(&row), Ok(1));
    assert_eq!(wider.int8(&row, 1), Ok(Some(42)));
    assert_eq!(wider.text(&row, 2), Ok(None));
    let mut patched = Vec::new();
    wider.patch(&row, &[(2, Datum::text("new"))], &mut patched).unwrap();
    assert_eq!(wider.column_count(&patched), Ok(3));
    assert_eq!(wider.int8(&patched, 1), Ok(Some(42)));
    assert_eq!(wider.text(&patched, 2), Ok(Some("new")));
}

#[test]
fn long_rows_take_wide_ends() {
    let layout = layout(&[TypeId::TEXT, TypeId::INT4, TypeId::TEXT]);
    for length in [65_534usize, 65_535, 65_536, 200_000] {
        let long = "x".repeat(length);
        let row = encoded(&layout, &[Datum::text(long.as_str()), Datum::Int4(3), Datum::text("tail")]);
        assert_eq!(layout.text(&row, 0), Ok(Some(long.as_str())));
        assert_eq!(layout.text(&row, 2), Ok(Some("tail")));
        // And back to short ends when the long value goes.
        let mut patched = Vec::new();
        layout.patch(&row, &[(0, Datum::text("s"))], &mut patched).unwrap();
        assert_eq!(patched, encoded(&layout, &[Datum::text("s"), Datum::Int4(3), Datum::text("tail")]));
    }
}

#[test]
fn wrong_values_are_refused_and_leave_no_bytes() {
    let layout = layout(&[TypeId::INT4, TypeId::TEXT]);
    let mut out = vec![0xEE];
    assert_eq!(layout.encode(&[Datum::Int8(1), Datum::Null], &mut out), Err(RowError::WrongType { column: 0 }));
    assert_eq!(layout.encode(&[Datum::Int4(1)], &mut out), Err(RowError::WrongType { column: 1 }));
    assert_eq!(out, [0xEE]);
    let records = self::layout(&[TypeId::RECORD]);
    let record = Datum::Record(vec![Datum::Null].into());
    assert_eq!(records.encode(&[record], &mut out), Err(RowError::NotStorable { column: 0 }));
}

#[test]
fn damaged_rows_are_errors() {
    let layout = layout(&[TypeId::BOOL, TypeId::TEXT]);
    let row = encoded(&layout, &[Datum::Bool(true), Datum::text("ab")]);
    assert!(matches!(layout.decode_column(&row[..1], 0), Err(RowError::Truncated { .. })));
    assert!(matches!(layout.decode_column(&row[..row.len() - 1], 1), Err(RowError::Truncated { .. })));
    let mut damaged = row.clone();
    damaged[2] = 7;
    assert_eq!(layout.decode_column(&damaged, 0).unwrap_err(), RowError::Malformed { column: 0 });
    let mut damaged = row.clone();
    *damaged.last_mut().unwrap() = 0xFF;
    assert_eq!(layout.decode_column(&damaged, 1).unwrap_err(), RowError::Malformed { column: 1 });
    let mut damaged = row;
    damaged[0] = 9;
    assert_eq!(layout.column_count(&damaged), Err(RowError::ColumnCount { found: 9, known: 2 }));
}
