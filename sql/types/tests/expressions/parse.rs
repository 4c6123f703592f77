//! A reader for the expressions of the case files: literals, casts, operators, calls, arrays. PostgreSQL's precedence.

use cairn_sql_types::ty::Type;
use cairn_sql_types::type_name::parse_type_name;

/// An expression.
#[derive(Debug)]
pub(crate) enum Expression {
    /// `'text'`, of unknown type.
    Text(String),
    /// A number; its type follows from its size.
    Number(String),
    Bool(bool),
    Null,
    Cast(Box<Expression>, Type),
    Prefix(String, Box<Expression>),
    Infix(String, Box<Expression>, Box<Expression>),
    Call(String, Vec<Expression>),
    Array(Vec<Expression>),
}

pub(crate) fn parse(text: &str) -> Result<Expression, String> {
    let mut parser = Parser { rest: text };
    let expression = parser.expression(0)?;
    parser.skip();
    if parser.rest.is_empty() { Ok(expression) } else { Err(format!("left over: {}", parser.rest)) }
}

struct Parser<'a> {
    rest: &'a str,
}

const OPERATOR: &str = "+-*/<>=~!@#%^&|?";

/// Binding power of an infix operator.
fn power(operator: &str) -> u8 {
    match operator {
        "=" | "<" | ">" | "<=" | ">=" | "<>" => 1,
        "+" | "-" => 3,
        "*" | "/" | "%" => 4,
        "^" => 5,
        _ => 2,
    }
}

impl Parser<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(format!("expected {token} at {}", self.rest)) }
    }

    fn take(&mut self, test: impl Fn(char) -> bool) -> String {
        self.skip();
        let end = self.rest.find(|c| !test(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken.to_owned()
    }

    /// An operator, if one comes next. As in PostgreSQL, a multi-character one ends in + or - only with special characters.
    fn operator(&mut self) -> Option<String> {
        let before = self.rest;
        let mut operator = self.take(|c| OPERATOR.contains(c));
        while operator.len() > 1
            && operator.ends_with(['+', '-'])
            && !operator.contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?'])
        {
            operator.pop();
        }
        let start = before.len() - before.trim_start().len();
        self.rest = &before[start + operator.len()..];
        if operator == "!=" {
            return Some("<>".to_owned());
        }
        (!operator.is_empty()).then_some(operator)
    }

    fn expression(&mut self, least: u8) -> Result<Expression, String> {
        let mut left = self.unary()?;
        loop {
            let before = self.rest;
            let Some(operator) = self.operator() else { return Ok(left) };
            let power = power(&operator);
            if power <= least {
                self.rest = before;
                return Ok(left);
            }
            let right = self.expression(power)?;
            left = Expression::Infix(operator, Box::new(left), Box::new(right));
        }
    }

    fn unary(&mut self) -> Result<Expression, String> {
        match self.operator() {
            Some(operator) => {
                let least = if operator == "-" || operator == "+" { 6 } else { 2 };
                let operand = self.expression(least)?;
                // As PostgreSQL's grammar does it, so that -2147483648 is an integer.
                match operand {
                    Expression::Number(digits) if operator == "-" && !digits.starts_with('-') => {
                        Ok(Expression::Number(format!("-{digits}")))
                    }
                    operand => Ok(Expression::Prefix(operator, Box::new(operand))),
                }
            }
            None => self.postfix(),
        }
    }

    fn postfix(&mut self) -> Result<Expression, String> {
        let mut value = self.primary()?;
        while self.eat("::") {
            value = Expression::Cast(Box::new(value), self.type_name()?);
        }
        Ok(value)
    }

    fn type_name(&mut self) -> Result<Type, String> {
        let mut name = self.take(|c| c.is_ascii_alphanumeric() || c == '_' || c == '"');
        if self.rest.starts_with('(') {
            let end = self.rest.find(')').ok_or("unclosed type modifier")?;
            name.push_str(&self.rest[..=end]);
            self.rest = &self.rest[end + 1..];
        }
        while self.rest.starts_with("[]") {
            name.push_str("[]");
            self.rest = &self.rest[2..];
        }
        parse_type_name(&name).map_err(|error| error.to_string())
    }

    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        loop {
            let end = self.rest.find('\'').ok_or("unclosed string")?;
            text.push_str(&self.rest[..end]);
            self.rest = &self.rest[end + 1..];
            if !self.rest.starts_with('\'') {
                return Ok(text);
            }
            text.push('\'');
            self.rest = &self.rest[1..];
        }
    }

    fn arguments(&mut self, end: &str) -> Result<Vec<Expression>, String> {
        let mut arguments = Vec::new();
        if self.eat(end) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression(0)?);
            if self.eat(end) {
                return Ok(arguments);
            }
            self.expect(",")?;
        }
    }

    fn primary(&mut self) -> Result<Expression, String> {
        self.skip();
        if self.eat("(") {
            let inner = self.expression(0)?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.eat("'") {
            return self.string().map(Expression::Text);
        }
        if self.eat("[") {
            return self.arguments("]").map(Expression::Array);
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let mut number = self.take(|c| c.is_ascii_digit() || c == '.');
            let exponent = self.rest.strip_prefix(['e', 'E']).map(|rest| rest.trim_start_matches(['+', '-']));
            if exponent.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
                let sign = self.rest[1..].starts_with(['+', '-']);
                let (head, rest) = self.rest.split_at(if sign { 2 } else { 1 });
                number.push_str(head);
                self.rest = rest;
                number.push_str(&self.take(|c| c.is_ascii_digit()));
            }
            return Ok(Expression::Number(number));
        }
        let name = self.take(|c| c.is_ascii_alphanumeric() || c == '_').to_ascii_lowercase();
        match name.as_str() {
            "" => return Err(format!("expected a value at {}", self.rest)),
            "null" => return Ok(Expression::Null),
            "true" => return Ok(Expression::Bool(true)),
            "false" => return Ok(Expression::Bool(false)),
            _ => {}
        }
        if name == "array" && self.eat("[") {
            return self.arguments("]").map(Expression::Array);
        }
        if self.eat("(") {
            return self.arguments(")").map(|arguments| Expression::Call(name, arguments));
        }
        if self.eat("'") {
            let ty = parse_type_name(&name).map_err(|error| error.to_string())?;
            return Ok(Expression::Cast(Box::new(Expression::Text(self.string()?)), ty));
        }
        Err(format!("unexpected {name}"))
    }
}
