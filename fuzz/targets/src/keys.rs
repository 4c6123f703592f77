//! Order-preserving keys: two rows compare as their keys do, a key reads back as what it was made of, and foreign bytes are
//! an error.

use std::cmp::Ordering;

use arbitrary::{Result, Unstructured};
use cairn_base::key::{KeyOrder, KeyReader, KeyWriter, prefix_end};
use cairn_sql_types::compare::compare;
use cairn_sql_types::datum::Interval;
use cairn_sql_types::key::{KeyColumn, is_indexable};
use cairn_sql_types::numeric::Numeric;
use cairn_sql_types::{Datum, TypeId};

/// A type of each way of encoding, and those of the same representation that are encoded differently.
const TYPES: &[TypeId] = &[
    TypeId::BOOL,
    TypeId::INT2,
    TypeId::INT4,
    TypeId::INT8,
    TypeId::OID,
    TypeId::FLOAT4,
    TypeId::FLOAT8,
    TypeId::NUMERIC,
    TypeId::TEXT,
    TypeId::BPCHAR,
    TypeId::BYTEA,
    TypeId::DATE,
    TypeId::TIME,
    TypeId::TIMESTAMPTZ,
    TypeId::INTERVAL,
    TypeId::UUID,
];

/// Some columns, two rows and a piece of rubbish.
///
/// # Panics
/// When order or round trip are wrong.
pub fn run(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let Ok(columns) = columns(&mut input) else { return };
    if let Ok((a, b)) = row(&mut input, &columns).and_then(|a| Ok((a, row(&mut input, &columns)?))) {
        check_order(&columns, &a, &b);
    }
    check_foreign(&columns, input.take_rest());
    // The same bytes as a whole, too: what looks like a key most.
    check_foreign(&columns, bytes);
}

fn columns(input: &mut Unstructured<'_>) -> Result<Vec<KeyColumn>> {
    let count = input.int_in_range(1..=4)?;
    (0..count)
        .map(|_| {
            let ty = *input.choose(TYPES)?;
            assert!(is_indexable(ty), "{ty:?} is in the list of this target");
            let order = KeyOrder { descending: input.arbitrary()?, nulls_first: input.arbitrary()? };
            Ok(KeyColumn { ty, order, nullable: input.arbitrary()? })
        })
        .collect()
}

fn row(input: &mut Unstructured<'_>, columns: &[KeyColumn]) -> Result<Vec<Datum>> {
    columns
        .iter()
        .map(|column| if column.nullable && input.ratio(1, 8)? { Ok(Datum::Null) } else { value(input, column.ty) })
        .collect()
}

fn value(input: &mut Unstructured<'_>, ty: TypeId) -> Result<Datum> {
    Ok(match ty {
        TypeId::BOOL => Datum::Bool(input.arbitrary()?),
        TypeId::INT2 => Datum::Int2(input.arbitrary()?),
        TypeId::INT4 => Datum::Int4(input.arbitrary()?),
        TypeId::INT8 => Datum::Int8(input.arbitrary()?),
        TypeId::OID => Datum::Oid(input.arbitrary()?),
        TypeId::FLOAT4 => Datum::Float4(input.arbitrary()?),
        TypeId::FLOAT8 => Datum::Float8(input.arbitrary()?),
        TypeId::NUMERIC => Datum::Numeric(numeric(input)?),
        TypeId::TEXT | TypeId::BPCHAR => Datum::text(text(input)?),
        TypeId::BYTEA => Datum::Bytea(short_bytes(input)?.into()),
        TypeId::DATE => Datum::Date(input.arbitrary()?),
        TypeId::TIME => Datum::Time(input.arbitrary()?),
        TypeId::TIMESTAMPTZ => Datum::Timestamptz(input.arbitrary()?),
        TypeId::INTERVAL => {
            let (months, days, micros) = (input.arbitrary()?, input.arbitrary()?, input.arbitrary()?);
            Datum::Interval(Interval { months, days, micros })
        }
        TypeId::UUID => Datum::Uuid(input.arbitrary()?),
        other => unreachable!("{other:?} is not in the list of this target"),
    })
}

fn numeric(input: &mut Unstructured<'_>) -> Result<Numeric> {
    Ok(match input.int_in_range(0..=9)? {
        0 => Numeric::NaN,
        1 => Numeric::Infinity,
        2 => Numeric::NegInfinity,
        // Few digits, so that equal values of different scales occur.
        3..=6 => Numeric::new(i128::from(input.arbitrary::<i8>()?), input.int_in_range(0..=3)?).unwrap_or(Numeric::NaN),
        _ => Numeric::new(input.arbitrary()?, input.int_in_range(0..=1000)?).unwrap_or(Numeric::NaN),
    })
}

/// Few different characters, blanks and zero bytes among them, so that prefixes and equal beginnings occur.
fn text(input: &mut Unstructured<'_>) -> Result<String> {
    const CHARACTERS: &[char] = &['a', 'b', ' ', '\u{1}', '\u{7f}', 'é', '\u{ffff}', '🦀'];
    let length = input.int_in_range(0..=12)?;
    (0..length).map(|_| input.choose(CHARACTERS).copied()).collect()
}

fn short_bytes(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let length = input.int_in_range(0..=12)?;
    (0..length).map(|_| Ok(*input.choose(&[0, 1, 0xFE, 0xFF, b'a'])?)).collect()
}

fn check_order(columns: &[KeyColumn], a: &[Datum], b: &[Datum]) {
    let (key_a, key_b) = (encode(columns, a), encode(columns, b));
    let expected = columns.iter().zip(a.iter().zip(b)).map(|(column, (a, b))| order(column, a, b));
    let expected = expected.fold(Ordering::Equal, Ordering::then);
    assert_eq!(key_a.cmp(&key_b), expected, "{columns:?}\n{a:?}\n{b:?}\n{key_a:02x?}\n{key_b:02x?}");
    for (row, key) in [(a, &key_a), (b, &key_b)] {
        let back = decode(columns, key).expect("our own key reads back");
        let same = columns.iter().zip(row.iter().zip(&back)).all(|(column, (a, b))| order(column, a, b).is_eq());
        assert!(same, "{columns:?}\n{row:?}\n{back:?}");
        assert_eq!(encode(columns, &back), *key, "what was read back has another key");
    }
    check_prefix(columns, a, &key_a);
}

/// Every key that begins with the same values lies between a prefix and its end.
fn check_prefix(columns: &[KeyColumn], row: &[Datum], key: &[u8]) {
    let prefix = encode(&columns[..1], &row[..1]);
    assert!(key.starts_with(&prefix));
    if let Some(end) = prefix_end(&prefix) {
        assert!(key < &end[..] && prefix < end);
    }
}

/// The order of two values in a column, by the comparison that ORDER BY uses.
fn order(column: &KeyColumn, a: &Datum, b: &Datum) -> Ordering {
    let KeyOrder { descending, nulls_first } = column.order;
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => {
            if nulls_first {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (false, true) => {
            if nulls_first {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
        (false, false) => {
            let order = compare(column.ty, a, b);
            if descending { order.reverse() } else { order }
        }
    }
}

fn encode(columns: &[KeyColumn], row: &[Datum]) -> Vec<u8> {
    let mut key = Vec::new();
    let mut writer = KeyWriter::new(&mut key);
    for (column, value) in columns.iter().zip(row) {
        column.encode(value, &mut writer).expect("a value of the column's type");
    }
    key
}

/// `None`: not a key of these columns.
fn decode(columns: &[KeyColumn], key: &[u8]) -> Option<Vec<Datum>> {
    let mut reader = KeyReader::new(key);
    let row: Vec<Datum> = columns.iter().map(|column| column.decode(&mut reader).ok()).collect::<Option<_>>()?;
    reader.is_empty().then_some(row)
}

/// Bytes that nobody made: an error, or a row that is as good as any other.
fn check_foreign(columns: &[KeyColumn], bytes: &[u8]) {
    if let Some(row) = decode(columns, bytes) {
        check_order(columns, &row, &row);
    }
}
