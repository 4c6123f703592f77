//! No kernel panics, whatever values of its argument types it gets. The values are the corners of each type, combined at
//! random by a fixed seed (`SEED=...` takes another one, `ROUNDS=...` more calls per function). Debug builds check arithmetic, so an overflow counts as a panic.

#[path = "expressions/host.rs"]
mod host;

use cairn_sql_types::datum::Datum;
use cairn_sql_types::functions;
use cairn_sql_types::io;
use cairn_sql_types::kernel::{Body, EvalContext, Function};
use cairn_sql_types::ty::TypeId;

/// These allocate as much as they are told to, or count as far: they get small numbers only.
const GREEDY: &[&str] = &["generate_series", "repeat", "lpad", "rpad", "array_fill"];

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }
}

/// Texts of a type's corners.
fn corners(ty: TypeId, greedy: bool) -> &'static [&'static str] {
    match ty {
        TypeId::BOOL => &["t", "f"],
        TypeId::INT2 => &["0", "1", "-1", "32767", "-32768", "3"],
        TypeId::INT4 if greedy => &["0", "1", "-1", "3", "20"],
        TypeId::INT8 if greedy => &["0", "1", "-1", "3", "20"],
        TypeId::NUMERIC if greedy => &["0", "1", "-1", "3.5", "20", "NaN", "Infinity"],
        TypeId::TIMESTAMP if greedy => &["2020-01-01", "2020-02-01 10:00:00.5"],
        TypeId::TIMESTAMPTZ if greedy => &["2020-01-01", "2020-03-01 10:00:00.5"],
        TypeId::INTERVAL if greedy => &["1 day", "-1 month", "00:00:00", "10:00"],
        TypeId::INT4 => &["0", "1", "-1", "2147483647", "-2147483648", "7", "5", "13"],
        TypeId::INT8 => &["0", "1", "-1", "9223372036854775807", "-9223372036854775808", "64", "3"],
        TypeId::FLOAT4 => &["0", "-0", "1.5", "NaN", "Infinity", "-Infinity", "3.4e38", "1e-45"],
        TypeId::FLOAT8 => {
            &["0", "-0", "1.5", "NaN", "Infinity", "-Infinity", "1.7e308", "5e-324", "-1e18", "0.5", "60"]
        }
        TypeId::NUMERIC => &[
            "0",
            "1",
            "-1.5",
            "NaN",
            "Infinity",
            "-Infinity",
            "99999999999999999999999999999999999999",
            "0.000000000000000001",
            "-12345678901234567890.123456",
            "1000000000000000000000000000000000000.0",
            "2.50",
        ],
        TypeId::OID | TypeId::XID | TypeId::REGCLASS | TypeId::REGTYPE | TypeId::REGPROC => &["0", "4294967295", "25"],
        TypeId::DATE => &["2020-02-29", "infinity", "-infinity", "4713-01-01 BC", "5874897-12-31", "1999-12-31"],
        TypeId::TIME => &["00:00", "24:00", "12:34:56.789012"],
        TypeId::TIMESTAMP => {
            &["2020-02-29 12:00", "infinity", "-infinity", "4713-01-01 BC", "294276-12-31 23:59:59.999999"]
        }
        TypeId::TIMESTAMPTZ => {
            &["2021-03-14 02:30", "infinity", "-infinity", "4713-01-02 BC", "294276-12-30 23:59:59.999999"]
        }
        TypeId::INTERVAL => &[
            "1 day",
            "00:00",
            "-1 month",
            "178000000 years",
            "-178000000 years",
            "2147483647 days",
            "-2562047788:00:54.775807",
            "1 mon -1 day 23:59:59.999999",
        ],
        TypeId::UUID => &["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
        TypeId::BYTEA => &["\\x", "\\x00ff", "abc"],
        TypeId::CHAR => &["", "a"],
        TypeId::JSON | TypeId::JSONB => &[
            "null",
            "1e5",
            "\"x\"",
            "[]",
            "{}",
            "[1, [2, null], {\"a\": 3}]",
            "{\"a\": {\"b\": [1, 2]}, \"c\": null}",
            "-0.50",
            "true",
        ],
        TypeId::ANYARRAY | TypeId::ANYCOMPATIBLEARRAY => &["{}", "{1,2,NULL}", "{{1,2},{3,4}}", "[-2:-1]={5,6}"],
        _ => &[
            "",
            "a",
            "abc",
            "日本é",
            " x ",
            "%",
            "_\\",
            "\\",
            "(",
            "[a-",
            "a{2,1}",
            "YYYY-MM-DD",
            "HH12:MI:SS AM",
            "9,999.99PR",
            "S0V9",
            "RN",
            "EEEE",
            "g",
            "hex",
            "base64",
            "escape",
            "day",
            "century",
            "epoch",
            "UTC",
            "America/New_York",
            "%s %1$I %L",
            "5",
            "-1",
            "{a,b}",
            "2020-01-01",
            "FMDDth \"x\" TZH",
            "IYYY-IW-ID",
            "''\"",
            "SSSS US",
            "J",
            "Y,YYY RM Q",
        ],
    }
}

/// A value for a declared type, with the type it has.
fn value(context: &EvalContext<'_>, random: &mut Random, declared: TypeId, greedy: bool) -> (TypeId, Datum) {
    let ty = match declared {
        TypeId::ANY | TypeId::ANYELEMENT | TypeId::ANYNONARRAY | TypeId::ANYCOMPATIBLE => TypeId::INT4,
        TypeId::ANYARRAY | TypeId::ANYCOMPATIBLEARRAY => TypeId(1007),
        declared => declared,
    };
    let choices = match ty.element() {
        Some(TypeId::INT2 | TypeId::INT4 | TypeId::OID | TypeId::FLOAT8) => corners(TypeId::ANYARRAY, greedy),
        Some(_) => &["{}", "{a,NULL}", "{{a,b},{c,d}}", "{1,0}"],
        None => corners(ty, greedy),
    };
    let text = choices[random.below(choices.len())];
    let datum = io::input(context, ty, text).unwrap_or(Datum::Null);
    (ty, datum)
}

fn exercise(context: &EvalContext<'_>, random: &mut Random, function: &'static Function) {
    let greedy = GREEDY.contains(&function.name);
    let repeats = if function.variadic { random.below(4) } else { 0 };
    let declared = function.args.iter().chain(function.args.last().into_iter().cycle().take(repeats));
    let left_out = if repeats == 0 { random.below(function.optional + 1) } else { 0 };
    let declared: Vec<TypeId> = declared.copied().take(function.args.len() + repeats - left_out).collect();
    let gathers = function.variadic && function.args.last() != Some(&TypeId::ANY);
    let declared = if gathers { function.args.to_vec() } else { declared };
    let (types, mut args): (Vec<TypeId>, Vec<Datum>) =
        declared.into_iter().map(|ty| value(context, random, ty, greedy)).unzip();
    if random.below(10) == 0 && !args.is_empty() {
        let at = random.below(args.len());
        args[at] = Datum::Null;
    }
    match function.body {
        Body::Set(..) if function.strict && args.iter().any(Datum::is_null) => {}
        Body::Set(kernel, _) => drop(kernel(context, &args)),
        Body::Host | Body::Window => {}
        Body::Scalar(_) | Body::Typed(_) => match functions::call(function, context, &types, &args) {
            Ok(answer) => drop(io::output_string(context, TypeId::TEXT, &answer)),
            Err(error) => {
                let internal = error.state().as_str() == "XX000" && !error.fields().message.is_empty();
                assert!(!internal, "{function:?} of {args:?}: {error}");
            }
        },
    }
}

#[test]
fn no_kernel_panics() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("SEED").unwrap_or(0x5eed);
    let rounds = number("ROUNDS").unwrap_or(5);
    println!("SEED={seed}");
    let settings = host::settings();
    let context = EvalContext { settings: &settings, host: &host::NoHost };
    let mut all: Vec<&'static Function> = functions::all().collect();
    all.sort_by_key(|function| function.oid);
    let mut random = Random(seed | 1);
    for function in all {
        for _ in 0..rounds {
            exercise(&context, &mut random, function);
        }
    }
}
