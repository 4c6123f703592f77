use super::*;
use crate::datum::Datum;
use crate::ty::{Type, TypeId};

#[test]
fn a_column_is_read_alone() {
    let layout = RowLayout::new(&[TypeId::INT4, TypeId::TEXT, TypeId::INT8, TypeId::TEXT].map(Type::plain));
    let mut row = Vec::new();
    layout.encode(&[Datum::Int4(7), Datum::text("a"), Datum::Null, Datum::text("bc")], &mut row).unwrap();
    assert_eq!(layout.int4(&row, 0), Ok(Some(7)));
    assert_eq!(layout.text(&row, 1), Ok(Some("a")));
    assert_eq!(layout.int8(&row, 2), Ok(None));
    assert_eq!(layout.text(&row, 3), Ok(Some("bc")));
    let mut patched = Vec::new();
    layout.patch(&row, &[(2, Datum::Int8(9)), (1, Datum::Null)], &mut patched).unwrap();
    assert_eq!(layout.int8(&patched, 2), Ok(Some(9)));
    assert_eq!(layout.text(&patched, 1), Ok(None));
    assert_eq!(layout.text(&patched, 3), Ok(Some("bc")));
}
