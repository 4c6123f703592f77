//! Round trips and order for values of every type; foreign bytes and text never panic.

use std::cmp::Ordering;
use std::sync::Arc;

use cairn_base::key::{KeyOrder, KeyReader, KeyWriter};
use cairn_sql_types::compare::{HashKey, compare};
use cairn_sql_types::kernel::{EvalContext, EvalSettings, Function, Host};
use cairn_sql_types::key::{KeyColumn, is_indexable};
use cairn_sql_types::row::RowLayout;
use cairn_sql_types::zone::{IntervalStyle, Zone};
use cairn_sql_types::{Array, Datum, Interval, Numeric, SqlError, SqlState, Type, TypeId, datetime, format, io};
use proptest::prelude::*;

struct NoCatalog;

impl Host for NoCatalog {
    fn call(&self, function: &'static Function, _: &EvalContext<'_>, _: &[Datum]) -> Result<Datum, SqlError> {
        Err(SqlError::unsupported(function.name))
    }
    fn reg_out(&self, _: TypeId, _: u32) -> Option<String> {
        None
    }
    fn reg_in(&self, _: TypeId, name: &str) -> Result<u32, SqlError> {
        Err(SqlError::new(SqlState::UNDEFINED_TABLE, name))
    }
    fn clock(&self) -> i64 {
        0
    }
    fn random(&self) -> u64 {
        4
    }
}

fn settings(zone: &str) -> EvalSettings {
    EvalSettings { time_zone: Zone::parse(zone).expect("a zone"), ..EvalSettings::default() }
}

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
    TypeId::VARCHAR,
    TypeId::BPCHAR,
    TypeId::NAME,
    TypeId::BYTEA,
    TypeId::DATE,
    TypeId::TIME,
    TypeId::TIMESTAMP,
    TypeId::TIMESTAMPTZ,
    TypeId::INTERVAL,
    TypeId::UUID,
    TypeId::JSONB,
];

fn numeric() -> impl Strategy<Value = Numeric> {
    let coefficient =
        prop_oneof![any::<i64>().prop_map(i128::from), -1000i128..1000, -(10i128.pow(38)) + 1..10i128.pow(38)];
    prop_oneof![
        12 => (coefficient, prop_oneof![0u16..12, 0u16..60]).prop_map(|(c, scale)| Numeric::new(c, scale).unwrap()),
        1 => Just(Numeric::NaN),
        1 => Just(Numeric::Infinity),
        1 => Just(Numeric::NegInfinity),
    ]
}

/// Values of one type, boundaries included.
fn datum(ty: TypeId) -> BoxedStrategy<Datum> {
    let text = "[ -~äß€]{0,12}";
    match ty {
        TypeId::BOOL => any::<bool>().prop_map(Datum::Bool).boxed(),
        TypeId::INT2 => any::<i16>().prop_map(Datum::Int2).boxed(),
        TypeId::INT4 => prop_oneof![any::<i32>(), -3..3i32].prop_map(Datum::Int4).boxed(),
        TypeId::INT8 => prop_oneof![any::<i64>(), -3..3i64].prop_map(Datum::Int8).boxed(),
        TypeId::OID => any::<u32>().prop_map(Datum::Oid).boxed(),
        TypeId::FLOAT4 => {
            prop_oneof![any::<f32>(), Just(0.0), Just(-0.0), Just(f32::NAN)].prop_map(Datum::Float4).boxed()
        }
        TypeId::FLOAT8 => {
            prop_oneof![any::<f64>(), Just(0.0), Just(-0.0), Just(f64::NAN)].prop_map(Datum::Float8).boxed()
        }
        TypeId::NUMERIC => numeric().prop_map(Datum::Numeric).boxed(),
        TypeId::BYTEA => {
            proptest::collection::vec(any::<u8>(), 0..12).prop_map(|bytes| Datum::Bytea(bytes.into())).boxed()
        }
        TypeId::DATE => prop_oneof![
            8 => datetime::DATE_MIN..datetime::DATE_END,
            8 => -1000..20_000i32,
            1 => Just(i32::MIN),
            1 => Just(i32::MAX),
        ]
        .prop_map(Datum::Date)
        .boxed(),
        TypeId::TIME => (0..=datetime::DAY).prop_map(Datum::Time).boxed(),
        TypeId::TIMESTAMP => timestamp().prop_map(Datum::Timestamp).boxed(),
        TypeId::TIMESTAMPTZ => timestamp().prop_map(Datum::Timestamptz).boxed(),
        TypeId::INTERVAL => (-3_000_000..3_000_000i32, any::<i32>(), any::<i64>())
            .prop_map(|(months, days, micros)| Datum::Interval(Interval { months, days, micros: micros / 4 }))
            .boxed(),
        TypeId::UUID => any::<[u8; 16]>().prop_map(Datum::Uuid).boxed(),
        TypeId::JSONB => prop_oneof![
            Just("null"),
            Just("{}"),
            Just("[1, 2.50, \"x\"]"),
            Just("{\"a\": 1, \"bb\": [true, null]}"),
            Just("1.0"),
            Just("1"),
        ]
        .prop_map(Datum::text)
        .boxed(),
        _ => text.prop_map(Datum::text).boxed(),
    }
}

fn timestamp() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => datetime::TIMESTAMP_MIN..datetime::TIMESTAMP_END,
        8 => -2_000_000_000_000_000..4_000_000_000_000_000i64,
        1 => Just(i64::MIN),
        1 => Just(i64::MAX),
    ]
}

fn typed() -> impl Strategy<Value = (TypeId, Datum)> {
    proptest::sample::select(TYPES).prop_flat_map(|ty| datum(ty).prop_map(move |datum| (ty, datum)))
}

/// Types with one value each, some NULL.
fn row() -> impl Strategy<Value = Vec<(TypeId, Datum)>> {
    let value = prop_oneof![4 => typed(), 1 => proptest::sample::select(TYPES).prop_map(|ty| (ty, Datum::Null))];
    let array =
        (proptest::sample::select(TYPES), proptest::collection::vec(any::<bool>(), 0..5)).prop_map(|(ty, nulls)| {
            let ty = if ty == TypeId::JSONB { TypeId::TEXT } else { ty };
            let dimensions = if nulls.is_empty() { vec![] } else { vec![(nulls.len() as i32, 1)] };
            let elements = nulls.iter().map(|_| Datum::Null).collect();
            (ty.array().unwrap(), Datum::Array(Arc::new(Array { element: ty, dimensions, elements })))
        });
    proptest::collection::vec(prop_oneof![8 => value, 1 => array], 0..20)
}

/// Equal in every bit that a client can see.
fn identical(ty: TypeId, a: &Datum, b: &Datum) -> bool {
    let settings = settings("UTC");
    let context = EvalContext { settings: &settings, host: &NoCatalog };
    io::output_string(&context, ty, a) == io::output_string(&context, ty, b) && a.is_null() == b.is_null()
}

fn key_of(column: KeyColumn, datum: &Datum) -> Vec<u8> {
    let mut key = Vec::new();
    column.encode(datum, &mut KeyWriter::new(&mut key)).unwrap();
    key
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn text_reads_back((ty, datum) in typed(), zone in proptest::sample::select(vec!["UTC", "America/New_York", "Asia/Kathmandu", "Europe/Dublin"])) {
        // Local time in a fall-back hour names two instants; with its offset it names one.
        let settings = settings(zone);
        let context = EvalContext { settings: &settings, host: &NoCatalog };
        let text = io::output_string(&context, ty, &datum);
        let name_cut = ty == TypeId::NAME && text.len() > io::NAME_BYTES_MAX;
        match io::input(&context, ty, &text) {
            Ok(read) => prop_assert!(name_cut || identical(ty, &datum, &read), "{text}: {datum:?} became {read:?}"),
            Err(error) => {
                // The last hours of the range may show as a local date beyond it.
                let edge = ty == TypeId::TIMESTAMPTZ && error.state() == SqlState::DATETIME_FIELD_OVERFLOW;
                prop_assert!(edge, "{text}: {error}");
            }
        }
    }

    #[test]
    fn intervals_read_back_in_every_style(datum in datum(TypeId::INTERVAL), style in proptest::sample::select(vec![
        IntervalStyle::Postgres, IntervalStyle::PostgresVerbose, IntervalStyle::SqlStandard, IntervalStyle::Iso8601,
    ])) {
        let settings = EvalSettings { interval_style: style, ..settings("UTC") };
        let context = EvalContext { settings: &settings, host: &NoCatalog };
        let text = io::output_string(&context, TypeId::INTERVAL, &datum);
        let read = io::input(&context, TypeId::INTERVAL, &text).unwrap();
        prop_assert!(identical(TypeId::INTERVAL, &datum, &read), "{text}: {datum:?} became {read:?}");
    }

    #[test]
    fn binary_reads_back((ty, datum) in typed()) {
        let mut bytes = Vec::new();
        io::send(ty, &datum, &mut bytes);
        let read = io::receive(ty, &bytes).unwrap();
        prop_assert!(identical(ty, &datum, &read), "{datum:?} became {read:?}");
        bytes.push(0);
        let fixed = !matches!(ty, TypeId::TEXT | TypeId::VARCHAR | TypeId::BPCHAR | TypeId::NAME | TypeId::BYTEA);
        prop_assert!(!fixed || io::receive(ty, &bytes).is_err(), "a byte too many");
    }

    #[test]
    fn keys_are_ordered_as_values(((ty, a), b) in proptest::sample::select(TYPES).prop_flat_map(|ty| ((Just(ty), datum(ty)), datum(ty))),
                                  descending: bool, nullable: bool) {
        prop_assume!(is_indexable(ty));
        let order = if descending { KeyOrder::DESC } else { KeyOrder::ASC };
        let column = KeyColumn { ty, order, nullable };
        let (key_a, key_b) = (key_of(column, &a), key_of(column, &b));
        let expected = if descending { compare(ty, &b, &a) } else { compare(ty, &a, &b) };
        prop_assert_eq!(key_a.cmp(&key_b), expected, "{:?} and {:?}", a, b);
        let mut reader = KeyReader::new(&key_a);
        let read = column.decode(&mut reader).unwrap();
        prop_assert!(reader.is_empty() && compare(ty, &a, &read) == Ordering::Equal, "{a:?} became {read:?}");
    }

    #[test]
    fn equal_values_hash_alike(((ty, a), b) in proptest::sample::select(TYPES).prop_flat_map(|ty| ((Just(ty), datum(ty)), datum(ty)))) {
        use std::hash::{BuildHasher, RandomState};
        let state = RandomState::new();
        let key = |datum: &Datum| HashKey { ty, datum: datum.clone() };
        let padded = match (&a, ty) {
            (Datum::Numeric(number), _) => Datum::Numeric(number.round(number.scale().map_or(0, |scale| i32::from(scale) + 2)).unwrap_or(*number)),
            (Datum::Text(text), TypeId::BPCHAR) => Datum::text(format!("{text}  ")),
            _ => a.clone(),
        };
        for other in [&b, &padded] {
            if key(&a) == key(other) {
                prop_assert_eq!(state.hash_one(key(&a)), state.hash_one(key(other)), "{:?} and {:?}", a, other);
            }
        }
    }

    #[test]
    fn rows_read_back(columns in row()) {
        let types: Vec<Type> = columns.iter().map(|(ty, _)| Type::plain(*ty)).collect();
        let datums: Vec<Datum> = columns.iter().map(|(_, datum)| datum.clone()).collect();
        let layout = RowLayout::new(&types);
        let mut bytes = Vec::new();
        layout.encode(&datums, &mut bytes).unwrap();
        let mut all = Vec::new();
        layout.decode_all(&bytes, &mut all).unwrap();
        for (column, (ty, datum)) in columns.iter().enumerate() {
            let alone = layout.decode_column(&bytes, column).unwrap();
            prop_assert!(identical(*ty, datum, &alone), "{datum:?} became {alone:?}");
            prop_assert!(identical(*ty, datum, &all[column]));
            prop_assert_eq!(layout.is_null(&bytes, column).unwrap(), datum.is_null());
        }
    }

    #[test]
    fn a_patched_row_is_the_row_encoded_anew(columns in row(), changed: Vec<prop::sample::Index>, missing in 0usize..3) {
        let types: Vec<Type> = columns.iter().map(|(ty, _)| Type::plain(*ty)).collect();
        let mut datums: Vec<Datum> = columns.iter().map(|(_, datum)| datum.clone()).collect();
        // The old row may have been written before the last columns were added.
        let written = types.len().saturating_sub(missing);
        let mut old = Vec::new();
        RowLayout::new(&types[..written]).encode(&datums[..written], &mut old).unwrap();
        let mut layout = RowLayout::new(&types);
        for (column, datum) in datums.iter().enumerate().skip(written) {
            layout.set_missing(column, datum.clone());
        }
        let mut changes = Vec::new();
        for index in changed {
            if !datums.is_empty() {
                // The value of some column of the same type, or NULL.
                let at = index.index(datums.len());
                let donor = (0..datums.len()).find(|other| types[*other].id == types[at].id && *other != at);
                datums[at] = donor.map_or(Datum::Null, |donor| datums[donor].clone());
                changes.push((at, datums[at].clone()));
            }
        }
        let (mut patched, mut anew) = (Vec::new(), Vec::new());
        layout.patch(&old, &changes, &mut patched).unwrap();
        layout.encode(&datums, &mut anew).unwrap();
        let read = |bytes: &[u8]| {
            let mut all = Vec::new();
            layout.decode_all(bytes, &mut all).unwrap();
            all
        };
        for ((patched, anew), ty) in read(&patched).iter().zip(&read(&anew)).zip(&types) {
            prop_assert!(identical(ty.id, patched, anew), "{patched:?} instead of {anew:?}");
        }
    }

    #[test]
    fn foreign_rows_are_errors_not_panics(types in proptest::collection::vec(proptest::sample::select(TYPES), 0..12), bytes: Vec<u8>, columns in row(), cut: prop::sample::Index) {
        let layout = RowLayout::new(&types.iter().copied().map(Type::plain).collect::<Vec<_>>());
        let mut all = Vec::new();
        let _ = layout.decode_all(&bytes, &mut all);
        let _ = layout.patch(&bytes, &[(0, Datum::Null)], &mut Vec::new());
        // A row of another table, cut somewhere.
        let other: Vec<Type> = columns.iter().map(|(ty, _)| Type::plain(*ty)).collect();
        let datums: Vec<Datum> = columns.iter().map(|(_, datum)| datum.clone()).collect();
        let mut row = Vec::new();
        RowLayout::new(&other).encode(&datums, &mut row).unwrap();
        row.truncate(cut.index(row.len() + 1));
        let _ = layout.decode_all(&row, &mut all);
        for column in 0..layout.len() {
            let _ = (layout.int4(&row, column), layout.text(&row, column), layout.same_bytes(&row, &bytes, column));
        }
    }

    #[test]
    fn foreign_messages_are_errors_not_panics(ty in proptest::sample::select(TYPES), bytes: Vec<u8>) {
        for ty in [ty, ty.array().unwrap(), TypeId::RECORD] {
            let _ = io::receive(ty, &bytes);
        }
        let mut array = vec![0, 0, 0, 1, 0, 0, 0, 0];
        array.extend_from_slice(&ty.0.to_be_bytes());
        array.extend_from_slice(&bytes);
        let _ = io::receive(ty.array().unwrap(), &array);
    }

    #[test]
    fn foreign_text_is_an_error_not_a_panic(ty in proptest::sample::select(TYPES), text in "\\PC{0,24}", datelike in "[0-9tTzZpPyYmMdDwWhHsSjJ:./ +-]{0,24}|[a-z0-9:,./ +-]{0,24}", array in "[{}\",\\\\ 1a\\[\\]:=]{0,16}") {
        let settings = settings("Europe/Berlin");
        let context = EvalContext { settings: &settings, host: &NoCatalog };
        for text in [&text, &datelike] {
            let _ = io::input(&context, ty, text);
        }
        let _ = io::input(&context, ty.array().unwrap(), &array);
    }

    #[test]
    fn foreign_patterns_are_errors_not_panics(pattern in "[0-9SsMmIiPpLlRrGgVvEeBbFfDdTtHhYyWwQqJjCcOoZzNnAaUuX,.:/ \"\\\\é-]{0,16}", text in "\\PC{0,16}|[0-9A-Za-z:,./ +-]{0,16}",
                                               number in numeric(), float: f64, at in timestamp(), interval in datum(TypeId::INTERVAL)) {
        let _ = format::numeric(number, &pattern);
        let _ = format::float8(float, &pattern);
        let _ = format::timestamp(at, &pattern);
        let _ = format::timestamptz(at, &Zone::parse("Europe/Dublin").unwrap(), &pattern);
        if let Datum::Interval(interval) = interval {
            let _ = format::interval(interval, &pattern);
        }
        let _ = format::to_timestamp(&text, &pattern, &Zone::UTC);
        let _ = format::to_date(&text, &pattern);
        let _ = format::to_number(&text, &pattern);
    }

    #[test]
    fn numeric_arithmetic_obeys_algebra(a in numeric(), b in numeric()) {
        if let (Ok(sum), true) = (a.checked_add(b), a.scale().is_some() && b.scale().is_some()) {
            prop_assert_eq!(sum, b.checked_add(a).unwrap());
            prop_assert_eq!(sum.checked_sub(b).unwrap(), a);
        }
        if let Ok(product) = a.checked_mul(b) {
            prop_assert_eq!(product, b.checked_mul(a).unwrap());
        }
        let finite = a.scale().is_some() && b.scale().is_some();
        if let (Ok(rest), Ok(quotient), true) = (a.checked_rem(b), a.div_trunc(b), finite) {
            prop_assert!(rest.abs() < b.abs());
            if let Ok(product) = quotient.checked_mul(b) {
                prop_assert_eq!(product.checked_add(rest).unwrap(), a);
            }
        }
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        for scale in [-3, 0, 2, 40] {
            if let Ok(rounded) = a.round(scale) {
                prop_assert!(!rounded.is_nan() || a.is_nan());
            }
        }
    }

    #[test]
    fn every_numeric_function_answers(a in numeric(), b in numeric()) {
        // Slow paths and huge scales included; errors are fine, panics and endless loops are not.
        let _ = (a.sqrt(), a.ln(), a.exp(), a.log10(), a.log(b), a.checked_div(b), a.to_f32(), a.to_i64(), a.to_i16(), a.ceil(), a.floor());
        let _ = a.power(b);
        let _ = (a.coerce(((20 << 16) | 5) + 4), Numeric::from_f64(a.to_f64()));
    }
}
