//! Texts that are nearly SQL: mutations of statements, and calls of every function there is with arguments at the edges.

use rand::Rng;
use rand::rngs::StdRng;

/// Words and signs that change what a statement means.
const TOKENS: &[&str] = &[
    "(",
    ")",
    "((((",
    "))",
    "[",
    "]",
    ",",
    ";",
    "::",
    "'",
    "''",
    "\"",
    "$$",
    "$1",
    "$0",
    "$99999",
    "*",
    ".",
    "..",
    "-",
    "--",
    "/*",
    "*/",
    "=",
    "<>",
    "||",
    "@>",
    "->",
    "%",
    "^",
    "!",
    "~",
    "null",
    "default",
    "true",
    "not",
    "and",
    "or",
    "in",
    "is",
    "like",
    "between",
    "any",
    "all",
    "exists",
    "case",
    "when",
    "end",
    "select",
    "from",
    "where",
    "group by",
    "order by",
    "having",
    "limit",
    "offset",
    "union",
    "except",
    "with",
    "recursive",
    "insert into",
    "update",
    "delete from",
    "values",
    "returning",
    "on conflict",
    "do nothing",
    "for update",
    "join",
    "left join",
    "full join",
    "lateral",
    "on",
    "using",
    "over ()",
    "partition by",
    "distinct",
    "array",
    "row",
    "cast",
    "as",
    "create table",
    "alter table",
    "drop",
    "primary key",
    "unique",
    "check",
    "references",
    "int",
    "text",
    "numeric(38,2)",
    "varchar(0)",
    "timestamp",
    "interval",
    "uuid",
    "json",
    "bytea",
    "bool[]",
    "float8",
    "0",
    "1",
    "-1",
    "2147483648",
    "9223372036854775807",
    "99999999999999999999999999999999999999",
    "1e308",
    "1e-400",
    "0x7f",
    "1_000",
    "''::text",
    "'NaN'::float8",
    "'infinity'::timestamp",
    "'{}'::int[]",
    "'{\"a\":1}'::json",
    "'\\x00'::bytea",
    "E'\\u0000'",
    "U&'\\d800'",
    "current_timestamp",
    "count(*)",
    "sum(1)",
    "generate_series(1,3)",
    "\u{0}",
    "\u{feff}",
    "é",
    "🦀",
    "\t\n",
    "begin",
    "commit",
    "rollback",
    "savepoint a",
    "explain",
    "analyze",
];

/// Constants at the edges of their types.
const EDGES: &[&str] = &[
    "null",
    "0",
    "-1",
    "1",
    "2",
    "32767::int2",
    "'-32768'::int2",
    "2147483647",
    "'-2147483648'::int4",
    "9223372036854775807",
    "'-9223372036854775808'::int8",
    "0.0",
    "-1.5",
    "99999999999999999999999999999999999999",
    "0.00000000000000000000000000000000000001",
    "'NaN'::numeric",
    "'1e308'::float8",
    "'-5e-324'::float8",
    "'NaN'::float8",
    "'infinity'::float8",
    "'3e38'::float4",
    "true",
    "false",
    "''",
    "'a'",
    "'abc def'::text",
    "'Ünïcödé 🦀'::text",
    "'%_\\'::text",
    "'(a|b)*[c-'::text",
    "repeat('ab', 500)",
    "'x'::char(3)",
    "'name'::name",
    "'\\x'::bytea",
    "'\\x00ff10'::bytea",
    "'2000-01-01'::date",
    "'infinity'::date",
    "'-infinity'::date",
    "'4713-01-01 BC'::date",
    "'5874897-12-31'::date",
    "'2024-02-29 12:34:56.789'::timestamp",
    "'infinity'::timestamp",
    "'294276-12-31 23:59:59'::timestamp",
    "'2024-02-29 12:34:56.789+13'::timestamptz",
    "'-infinity'::timestamptz",
    "'24:00:00'::time",
    "'1 year -2 months 3 days'::interval",
    "'178000000 years'::interval",
    "'-178000000 years'::interval",
    "'2147483647 days'::interval",
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
    "'null'::json",
    "'[1,{\"a\":[]},null]'::json",
    "'{\"a\":{\"b\":2}}'::jsonb",
    "'{}'::int[]",
    "'{1,null,3}'::int[]",
    "'[2:3]={5,6}'::int[]",
    "'{{1,2},{3,4}}'::int[]",
    "'{a,null}'::text[]",
    "array[row(1,'x')]",
    "row(1,null)",
    "'pg_class'::regclass",
    "1::oid",
    "'year'",
    "'YYYY-MM-DD HH24:MI:SS'",
    "'9990D99'",
    "'UTC'",
    "'Europe/Berlin'",
    "'{a,b}'::text[]",
];

/// Operators between two values.
const OPERATORS: &[&str] = &[
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "=",
    "<>",
    "<",
    ">=",
    "||",
    "&",
    "|",
    "#",
    "<<",
    ">>",
    "~",
    "~~",
    "!~*",
    "->",
    "->>",
    "@>",
    "<@",
    "?",
    "&&",
    "is distinct from",
    "like",
    "similar to",
    "at time zone",
    "and",
    "or",
    "overlaps",
];

/// A constant at an edge.
fn edge(rng: &mut StdRng) -> &'static str {
    EDGES[rng.random_range(0..EDGES.len())]
}

/// An expression of edges, operators, and calls of `functions`.
fn expression(rng: &mut StdRng, functions: &[String], depth: u32) -> String {
    if depth == 0 || rng.random_bool(0.3) {
        return edge(rng).to_owned();
    }
    let mut inner = || expression(rng, functions, depth - 1);
    let (left, right, third) = (inner(), inner(), inner());
    let function = &functions[rng.random_range(0..functions.len())];
    match rng.random_range(0..10) {
        0..5 => {
            let arguments = [left, right, third];
            format!("{function}({})", arguments[..rng.random_range(0..=3)].join(", "))
        }
        5..8 => format!("({left} {} {right})", OPERATORS[rng.random_range(0..OPERATORS.len())]),
        8 => format!("case when {left} is null then {right} else {third} end"),
        _ => format!(
            "({left})::{}",
            ["text", "int", "numeric(5,2)", "timestamptz", "json", "int[]"][rng.random_range(0..6)]
        ),
    }
}

/// A query over an expression.
pub fn generated(rng: &mut StdRng, functions: &[String]) -> String {
    let value = expression(rng, functions, 3);
    match rng.random_range(0..8) {
        0 => format!("select {value} from generate_series(1, 3) g group by g order by 1"),
        1 => format!("select x from (select {value} as x) s where x is not null"),
        2 => format!("select {value} over (order by g) from generate_series(1, 3) g"),
        3 => format!("values ({value}), ({})", edge(rng)),
        _ => format!("select {value}"),
    }
}

/// A statement with a few injuries, some of them pieces of another statement.
pub fn mutated(rng: &mut StdRng, text: &str, other: &str) -> String {
    let mut tokens = tokens(text);
    let others = self::tokens(other);
    // Mostly one: what is still a statement gets further than the parser.
    for _ in 0..[1, 1, 1, 1, 2, 4][rng.random_range(0..6)] {
        let at = rng.random_range(0..=tokens.len());
        let inside = at.min(tokens.len().saturating_sub(1));
        match rng.random_range(0..9) {
            0 if !tokens.is_empty() => drop(tokens.remove(inside)),
            1 if !tokens.is_empty() => tokens.insert(at, tokens[inside].clone()),
            2 if tokens.len() > 1 => {
                let other = rng.random_range(0..tokens.len());
                tokens.swap(inside, other);
            }
            3 if !tokens.is_empty() => tokens[inside] = TOKENS[rng.random_range(0..TOKENS.len())].to_owned(),
            4 if !tokens.is_empty() => tokens[inside] = edge(rng).to_owned(),
            5 if !others.is_empty() => tokens.insert(at, others[rng.random_range(0..others.len())].clone()),
            6 if !others.is_empty() => {
                let from = rng.random_range(0..others.len());
                let to = rng.random_range(from..=others.len().min(from + 8));
                tokens.splice(at..at, others[from..to].iter().cloned());
            }
            7 if !tokens.is_empty() => scratch(rng, &mut tokens[inside]),
            _ => tokens.insert(at, TOKENS[rng.random_range(0..TOKENS.len())].to_owned()),
        }
    }
    tokens.concat().replace('\0', " ")
}

/// Changes one character of a token.
fn scratch(rng: &mut StdRng, token: &mut String) {
    let mut characters: Vec<char> = token.chars().collect();
    let at = rng.random_range(0..characters.len().max(1));
    let new = char::from(rng.random_range(b' '..=b'~'));
    match characters.get_mut(at) {
        Some(character) => *character = new,
        None => characters.push(new),
    }
    *token = characters.into_iter().collect();
}

/// Words, numbers, quoted texts, blanks and single signs; together the text again.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut last = None;
    let mut quoted = None;
    for character in text.chars() {
        let class = match character {
            _ if quoted.is_some() => 'q',
            '\'' | '"' => 'q',
            c if c.is_alphanumeric() || c == '_' => 'w',
            c if c.is_whitespace() => ' ',
            _ => 's',
        };
        match tokens.last_mut() {
            Some(token) if last == Some(class) && class != 's' => token.push(character),
            _ => tokens.push(character.to_string()),
        }
        last = Some(class);
        if class == 'q' {
            quoted = match quoted {
                Some(quote) if quote == character => {
                    last = None;
                    None
                }
                Some(quote) => Some(quote),
                None => Some(character),
            };
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn tokens_are_the_text() {
        let text = "select 'it''s', \"A b\" from t where a1>=2\n";
        assert_eq!(tokens(text).concat(), text);
        assert!(tokens(text).contains(&"\"A b\"".to_owned()));
        assert!(tokens(text).contains(&"a1".to_owned()));
    }
}
