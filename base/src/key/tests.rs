//! The order of encodings is the order of values: alone, in tuples, both ways, with NULLs.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

const ORDERS: [KeyOrder; 4] = [
    KeyOrder::ASC,
    KeyOrder::DESC,
    KeyOrder { descending: false, nulls_first: true },
    KeyOrder { descending: true, nulls_first: false },
];

/// A value of any key type, with the order that PostgreSQL gives it.
#[derive(Clone, Debug)]
enum Value {
    Bool(bool),
    I16(i16),
    I32(i32),
    I64(i64),
    U32(u32),
    F32(f32),
    F64(f64),
    Bytes(Vec<u8>),
    Uuid([u8; 16]),
    Numeric(NumericKey),
}

impl Value {
    fn put(&self, order: KeyOrder, out: &mut KeyWriter<'_>) {
        match self {
            Value::Bool(v) => out.put_bool(*v, order),
            Value::I16(v) => out.put_i16(*v, order),
            Value::I32(v) => out.put_i32(*v, order),
            Value::I64(v) => out.put_i64(*v, order),
            Value::U32(v) => out.put_u32(*v, order),
            Value::F32(v) => out.put_f32(*v, order),
            Value::F64(v) => out.put_f64(*v, order),
            Value::Bytes(v) => out.put_bytes(v, order),
            Value::Uuid(v) => out.put_uuid(v, order),
            Value::Numeric(v) => out.put_numeric(v, order),
        }
    }

    /// Takes a value of the same type as `self`.
    fn take(&self, order: KeyOrder, from: &mut KeyReader<'_>) -> Result<Value, KeyError> {
        Ok(match self {
            Value::Bool(_) => Value::Bool(from.take_bool(order)?),
            Value::I16(_) => Value::I16(from.take_i16(order)?),
            Value::I32(_) => Value::I32(from.take_i32(order)?),
            Value::I64(_) => Value::I64(from.take_i64(order)?),
            Value::U32(_) => Value::U32(from.take_u32(order)?),
            Value::F32(_) => Value::F32(from.take_f32(order)?),
            Value::F64(_) => Value::F64(from.take_f64(order)?),
            Value::Bytes(_) => Value::Bytes(from.take_bytes(order)?),
            Value::Uuid(_) => Value::Uuid(from.take_uuid(order)?),
            Value::Numeric(_) => Value::Numeric(from.take_numeric(order)?),
        })
    }

    /// PostgreSQL's comparison, written without the encoding's help.
    fn compare(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::I16(a), Value::I16(b)) => a.cmp(b),
            (Value::I32(a), Value::I32(b)) => a.cmp(b),
            (Value::I64(a), Value::I64(b)) => a.cmp(b),
            (Value::U32(a), Value::U32(b)) => a.cmp(b),
            (Value::F32(a), Value::F32(b)) => compare_floats(f64::from(*a), f64::from(*b)),
            (Value::F64(a), Value::F64(b)) => compare_floats(*a, *b),
            (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
            (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
            (Value::Numeric(a), Value::Numeric(b)) => compare_numerics(a, b),
            _ => panic!("values of different types"),
        }
    }
}

fn compare_floats(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => a.partial_cmp(&b).expect("neither is NaN"),
        (a_nan, b_nan) => a_nan.cmp(&b_nan),
    }
}

fn compare_numerics(a: &NumericKey, b: &NumericKey) -> Ordering {
    let rank = |value: &NumericKey| match value {
        NumericKey::NegativeInfinity => 0,
        NumericKey::Finite(_) => 1,
        NumericKey::Infinity => 2,
        NumericKey::NaN => 3,
    };
    match (a.to_parts(), b.to_parts()) {
        (Some(a), Some(b)) => compare_decimals(a, b),
        _ => rank(a).cmp(&rank(b)),
    }
}

/// Compares as decimal text: sign, then digits padded on both sides of the point.
fn compare_decimals((a, a_scale): (i128, u32), (b, b_scale): (i128, u32)) -> Ordering {
    let scale = a_scale.max(b_scale);
    let digits = |value: i128, own: u32| {
        let text = format!("{}{}", value.unsigned_abs(), "0".repeat((scale - own) as usize));
        format!("{text:0>17000}")
    };
    let magnitude = digits(a, a_scale).cmp(&digits(b, b_scale));
    match (a.signum(), b.signum()) {
        (-1, -1) => magnitude.reverse(),
        (1, 1) => magnitude,
        (a_sign, b_sign) => a_sign.cmp(&b_sign),
    }
}

fn numeric() -> impl Strategy<Value = NumericKey> {
    let scale = prop_oneof![4 => 0u32..6, 2 => 0u32..45, 1 => 0u32..=NUMERIC_SCALE_MAX];
    let coefficient = prop_oneof![
        3 => -1000i128..1000,
        1 => any::<i64>().prop_map(i128::from),
        1 => any::<i128>(),
        1 => (-99i128..99, 0u32..37).prop_map(|(digits, zeros)| digits * 10i128.pow(zeros)),
        1 => prop_oneof![Just(i128::MIN), Just(i128::MAX)],
    ];
    prop_oneof![
        12 => (coefficient, scale).prop_map(|(coefficient, scale)| NumericKey::from_parts(coefficient, scale)),
        1 => prop_oneof![Just(NumericKey::NegativeInfinity), Just(NumericKey::Infinity), Just(NumericKey::NaN)],
    ]
}

fn float() -> impl Strategy<Value = f64> {
    let special = [0.0, -0.0, 1.0, -1.0, f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE];
    prop_oneof![1 => proptest::sample::select(special.to_vec()), 2 => any::<u64>().prop_map(f64::from_bits)]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![3 => proptest::sample::select(vec![0u8, 1, 2, 0x61, 0xFE, 0xFF]), 1 => any::<u8>()];
    proptest::collection::vec(byte, 0..6)
}

/// Two values of one type, often equal or near each other.
fn pair() -> impl Strategy<Value = (Value, Value)> {
    fn two<T: Clone + std::fmt::Debug + 'static>(
        one: impl Strategy<Value = T> + Clone + 'static,
        wrap: fn(T) -> Value,
    ) -> BoxedStrategy<(Value, Value)> {
        (one.clone(), one).prop_map(move |(a, b)| (wrap(a), wrap(b))).boxed()
    }
    prop_oneof![
        two(any::<bool>(), Value::Bool),
        two(any::<i16>(), Value::I16),
        two(-3i32..3, Value::I32),
        two(any::<i32>(), Value::I32),
        two(any::<i64>(), Value::I64),
        two(any::<u32>(), Value::U32),
        two(any::<u32>().prop_map(f32::from_bits), Value::F32),
        two(proptest::sample::select(vec![0f32, -0.0, f32::NAN, f32::INFINITY, 1.5]), Value::F32),
        (float(), float()).prop_map(|(a, b)| (Value::F64(a), Value::F64(b))),
        (bytes(), bytes()).prop_map(|(a, b)| (Value::Bytes(a), Value::Bytes(b))),
        two(any::<[u8; 16]>(), Value::Uuid),
        (numeric(), numeric()).prop_map(|(a, b)| (Value::Numeric(a), Value::Numeric(b))),
    ]
}

/// One column of two rows: order, nullable or not, and both values.
#[derive(Clone, Debug)]
struct Column {
    order: KeyOrder,
    nullable: bool,
    values: [Option<Value>; 2],
}

fn column() -> impl Strategy<Value = Column> {
    (proptest::sample::select(ORDERS.to_vec()), any::<bool>(), pair(), 0u8..4).prop_map(
        |(order, nullable, (a, b), nulls)| {
            let present = |bit: u8, value| if nullable && nulls & bit == 0 { None } else { Some(value) };
            Column { order, nullable, values: [present(1, a), present(2, b)] }
        },
    )
}

fn encode_row(columns: &[Column], row: usize) -> Vec<u8> {
    let mut key = Vec::new();
    let mut writer = KeyWriter::new(&mut key);
    for column in columns {
        match &column.values[row] {
            None => writer.put_null(column.order),
            Some(value) => {
                if column.nullable {
                    writer.put_present(column.order);
                }
                value.put(column.order, &mut writer);
            }
        }
    }
    key
}

fn compare_rows(columns: &[Column]) -> Ordering {
    columns.iter().map(compare_column).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn compare_column(column: &Column) -> Ordering {
    let null_side = if column.order.nulls_first { Ordering::Less } else { Ordering::Greater };
    match &column.values {
        [None, None] => Ordering::Equal,
        [None, Some(_)] => null_side,
        [Some(_), None] => null_side.reverse(),
        [Some(a), Some(b)] if column.order.descending => a.compare(b).reverse(),
        [Some(a), Some(b)] => a.compare(b),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn encodings_order_as_values_do(columns in proptest::collection::vec(column(), 1..4)) {
        prop_assert_eq!(encode_row(&columns, 0).cmp(&encode_row(&columns, 1)), compare_rows(&columns));
    }

    #[test]
    fn rows_read_back(columns in proptest::collection::vec(column(), 1..4)) {
        let key = encode_row(&columns, 0);
        let mut reader = KeyReader::new(&key);
        for column in &columns {
            let present = !column.nullable || reader.take_present(column.order).expect("a tag");
            prop_assert_eq!(present, column.values[0].is_some());
            if let Some(value) = &column.values[0] {
                let back = value.take(column.order, &mut reader).expect("a value");
                prop_assert_eq!(back.compare(value), Ordering::Equal);
            }
        }
        prop_assert!(reader.is_empty());
    }

    #[test]
    fn foreign_bytes_never_panic((value, _) in pair(), order in 0usize..4, bytes in bytes(), numeric in any::<[u8; 30]>()) {
        for foreign in [&bytes[..], &numeric[..]] {
            let mut reader = KeyReader::new(foreign);
            if let Ok(found) = value.take(ORDERS[order], &mut reader) {
                let taken = &foreign[..foreign.len() - reader.rest().len()];
                let mut again = Vec::new();
                found.put(ORDERS[order], &mut KeyWriter::new(&mut again));
                // What was accepted is what the writer writes, but for the floats' many zeros and NaNs.
                let is_float = matches!(found, Value::F32(_) | Value::F64(_));
                prop_assert!(is_float || again == taken, "{found:?}");
            }
        }
    }

    #[test]
    fn numerics_of_any_class_byte_never_panic(class in 1u8..=6, rest in proptest::collection::vec(0u8..=101, 0..26)) {
        let mut bytes = vec![class, 0x80];
        bytes.extend(rest);
        if let Ok(found) = KeyReader::new(&bytes).take_numeric(KeyOrder::ASC) {
            let mut again = Vec::new();
            KeyWriter::new(&mut again).put_numeric(&found, KeyOrder::ASC);
            prop_assert_eq!(&again[..], &bytes[..again.len()]);
        }
    }

    #[test]
    fn every_cut_is_refused((value, _) in pair(), order in 0usize..4) {
        let mut key = Vec::new();
        value.put(ORDERS[order], &mut KeyWriter::new(&mut key));
        for cut in 0..key.len() {
            prop_assert_eq!(value.take(ORDERS[order], &mut KeyReader::new(&key[..cut])).err(), Some(KeyError::Truncated));
        }
    }

    #[test]
    fn prefix_end_bounds_exactly_the_prefix(prefix in bytes(), other in bytes()) {
        let inside = other.starts_with(&prefix);
        let below_end = prefix_end(&prefix).is_none_or(|end| other < end);
        prop_assert_eq!(inside, other >= prefix && below_end);
    }
}

#[test]
fn golden_bytes_stay_as_they_are_on_disk() {
    let mut key = Vec::new();
    let mut writer = KeyWriter::new(&mut key);
    writer.put_i32(1, KeyOrder::ASC);
    writer.put_bytes(b"a\0", KeyOrder::ASC);
    writer.put_null(KeyOrder::ASC);
    writer.put_present(KeyOrder::DESC);
    writer.put_i16(-1, KeyOrder::DESC);
    writer.put_f64(-0.0, KeyOrder::ASC);
    writer.put_numeric(&NumericKey::from_parts(-1050, 1), KeyOrder::ASC);
    let expected = [
        &[0x80, 0, 0, 1][..],
        &[b'a', 0x00, 0xFF, 0x00, 0x00],
        &[0x02],
        &[0x01, 0x80, 0x00],
        &[0x80, 0, 0, 0, 0, 0, 0, 0],
        &[0x02, !0x80, !3, !11, !51, !0],
    ];
    assert_eq!(key, expected.concat());
}

#[test]
fn a_numeric_is_as_short_as_its_digits() {
    let encoded = |coefficient, scale| {
        let mut key = Vec::new();
        KeyWriter::new(&mut key).put_numeric(&NumericKey::from_parts(coefficient, scale), KeyOrder::ASC);
        key
    };
    assert_eq!(encoded(1, 0), encoded(100, 2));
    assert_eq!(encoded(1_000_000, 0).len(), 5);
    assert_eq!(encoded(i128::MIN, 0).len(), 1 + 2 + 20 + 1);
    assert_eq!(NumericKey::from_parts(100, 2).to_parts(), Some((1, 0)));
    assert_eq!(NumericKey::from_parts(100, 0).to_parts(), Some((100, 0)));
}

#[test]
#[should_panic(expected = "numeric scale")]
fn a_scale_beyond_the_limit_is_a_bug_of_the_caller() {
    let _ = NumericKey::from_parts(1, NUMERIC_SCALE_MAX + 1);
}
