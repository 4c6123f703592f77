//! Expressions back to SQL, as PostgreSQL's `pg_get_expr` prints them: operators fully parenthesised, constants with
//! their types. What it prints binds to the same expression again.

use cairn_sql_types::functions::quote_ident;
use cairn_sql_types::kernel::{Function, Operator};
use cairn_sql_types::{Datum, SqlError, Type, TypeId, casts, operators};

use crate::bind::Binder;
use crate::tree::{Expr, RelId, Subscript};

/// The name of a column, quoted by the deparser.
type ColumnName<'a> = &'a dyn Fn(RelId, usize) -> Option<String>;

impl Binder<'_> {
    /// The expression as text.
    pub(crate) fn deparse(&self, expr: &Expr, column: ColumnName<'_>) -> Result<String, SqlError> {
        Deparser { binder: self, column }.expr(expr)
    }
}

struct Deparser<'d, 'b> {
    binder: &'d Binder<'b>,
    column: ColumnName<'d>,
}

impl Deparser<'_, '_> {
    fn expr(&self, expr: &Expr) -> Result<String, SqlError> {
        Ok(match expr {
            Expr::Const(value, ty) => self.constant(value, *ty)?,
            Expr::Column(rel, column, _) => match (self.column)(*rel, *column) {
                Some(name) => quote_ident(&name),
                None => return Err(SqlError::internal("a column without a name")),
            },
            Expr::Call { function, args, ty } => self.call(function, args, *ty)?,
            Expr::SetCall { function, args, .. } => format!("{}({})", function.name, self.list(args)?),
            Expr::Relabel(arg, ty) | Expr::ViaText(arg, ty) => format!("{}::{}", self.operand(arg)?, ty.name()),
            Expr::Length { arg, ty, .. } => match &**arg {
                // The cast that the length belongs to is written once.
                Expr::Call { function, args, ty: inner } if is_cast(function, args, *inner) && inner.id == ty.id => {
                    format!("{}::{}", self.operand(&args[0])?, ty.name())
                }
                Expr::Relabel(inner, _) | Expr::ViaText(inner, _) => format!("{}::{}", self.operand(inner)?, ty.name()),
                arg => format!("{}::{}", self.operand(arg)?, ty.name()),
            },
            Expr::ArrayCast { arg, ty, .. } => format!("{}::{}", self.operand(arg)?, ty.name()),
            Expr::And(args) => self.joined(args, " AND ")?,
            Expr::Or(args) => self.joined(args, " OR ")?,
            Expr::Not(arg) => format!("(NOT {})", self.expr(arg)?),
            Expr::IsNull { arg, negated } => format!("({} IS {}NULL)", self.expr(arg)?, not(*negated)),
            Expr::IsBool { arg, value, negated } => {
                let word = match value {
                    Some(true) => "TRUE",
                    Some(false) => "FALSE",
                    None => "UNKNOWN",
                };
                format!("({} IS {}{word})", self.expr(arg)?, not(*negated))
            }
            Expr::Distinct { left, right, negated, .. } => {
                format!("({} IS {}DISTINCT FROM {})", self.expr(left)?, not(*negated), self.expr(right)?)
            }
            Expr::InList { arg, list, negated, .. } => self.in_list(arg, list, *negated)?,
            Expr::Quantified { array, test, all } => self.quantified(array, test, *all)?,
            Expr::Case { branches, otherwise, .. } => self.case(branches, otherwise)?,
            Expr::Coalesce(args, _) => format!("COALESCE({})", self.list(args)?),
            Expr::NullIf { test, .. } => match &**test {
                Expr::Call { args, .. } if args.len() == 2 => format!("NULLIF({})", self.list(args)?),
                _ => return Err(SqlError::internal("NULLIF compares two values")),
            },
            Expr::Extreme { greatest, args, .. } => {
                format!("{}({})", if *greatest { "GREATEST" } else { "LEAST" }, self.list(args)?)
            }
            Expr::Array { elements, ty, .. } if elements.is_empty() => format!("ARRAY[]::{}", ty.name()),
            Expr::Array { elements, .. } => format!("ARRAY[{}]", self.list(elements)?),
            Expr::Subscript { array, subscripts, .. } => self.subscript(array, subscripts)?,
            Expr::Row(fields, _) => format!("ROW({})", self.list(fields)?),
            _ => return Err(SqlError::unsupported("this expression in a stored definition")),
        })
    }

    fn list(&self, args: &[Expr]) -> Result<String, SqlError> {
        let parts = args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>, _>>()?;
        Ok(parts.join(", "))
    }

    fn joined(&self, args: &[Expr], between: &str) -> Result<String, SqlError> {
        let parts = args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>, _>>()?;
        Ok(format!("({})", parts.join(between)))
    }

    /// An operand of `::`: what is not closed in itself gets parentheses.
    fn operand(&self, expr: &Expr) -> Result<String, SqlError> {
        let text = self.expr(expr)?;
        let closed = matches!(
            expr,
            Expr::Column(..) | Expr::Const(..) | Expr::Call { .. } | Expr::Coalesce(..) | Expr::Array { .. }
        );
        let number = text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
        let open = !closed && !text.starts_with('(') || number;
        Ok(match open || matches!(expr, Expr::Column(..)) {
            true => format!("({text})"),
            false => text,
        })
    }

    fn call(&self, function: &'static Function, args: &[Expr], ty: Type) -> Result<String, SqlError> {
        if is_cast(function, args, ty) {
            // `current_date` is today of `now()`.
            if ty.id == TypeId::DATE && matches!(&args[0], Expr::Call { function, .. } if function.name == "now") {
                return Ok("CURRENT_DATE".to_owned());
            }
            return Ok(format!("{}::{}", self.operand(&args[0])?, ty.name()));
        }
        if let Some(operator) = operator_of(function, args) {
            return Ok(match args {
                [left, right] => format!("({} {} {})", self.expr(left)?, operator.name, self.expr(right)?),
                [arg] => format!("({} {})", operator.name, self.expr(arg)?),
                _ => return Err(SqlError::internal("an operator has one or two operands")),
            });
        }
        match (function.name, args) {
            ("now", []) => Ok("now()".to_owned()),
            ("current_user" | "session_user" | "current_catalog", []) => Ok(function.name.to_uppercase()),
            ("extract", [Expr::Const(Datum::Text(field), _), source]) => {
                Ok(format!("EXTRACT({field} FROM {})", self.expr(source)?))
            }
            _ => Ok(format!("{}({})", quote_ident(function.name), self.list(args)?)),
        }
    }

    /// `(a = ANY (ARRAY[1, 2]))`, as PostgreSQL prints IN.
    fn in_list(&self, arg: &Expr, list: &[Expr], negated: bool) -> Result<String, SqlError> {
        let (op, word) = if negated { ("<>", "ALL") } else { ("=", "ANY") };
        Ok(format!("({} {op} {word} (ARRAY[{}]))", self.expr(arg)?, self.list(list)?))
    }

    fn quantified(&self, array: &Expr, test: &Expr, all: bool) -> Result<String, SqlError> {
        let Expr::Call { function, args, .. } = test else {
            return Err(SqlError::unsupported("this expression in a stored definition"));
        };
        let (Some(operator), [left, _]) = (operator_of(function, args), args.as_slice()) else {
            return Err(SqlError::unsupported("this expression in a stored definition"));
        };
        let word = if all { "ALL" } else { "ANY" };
        Ok(format!("({} {} {word} ({}))", self.expr(left)?, operator.name, self.expr(array)?))
    }

    fn case(&self, branches: &[(Expr, Expr)], otherwise: &Expr) -> Result<String, SqlError> {
        let mut text = "CASE".to_owned();
        for (condition, result) in branches {
            text.push_str(&format!(" WHEN {} THEN {}", self.expr(condition)?, self.expr(result)?));
        }
        text.push_str(&format!(" ELSE {} END", self.expr(otherwise)?));
        Ok(text)
    }

    fn subscript(&self, array: &Expr, subscripts: &[Subscript]) -> Result<String, SqlError> {
        let mut text = match array {
            Expr::Column(..) => self.expr(array)?,
            array => format!("({})", self.expr(array)?),
        };
        for subscript in subscripts {
            match subscript {
                Subscript::Index(index) => text.push_str(&format!("[{}]", self.expr(index)?)),
                Subscript::Slice(low, high) => {
                    let bound =
                        |bound: &Option<Expr>| bound.as_ref().map_or(Ok(String::new()), |bound| self.expr(bound));
                    text.push_str(&format!("[{}:{}]", bound(low)?, bound(high)?));
                }
            }
        }
        Ok(text)
    }

    /// `1`, `'x'::text`, `'2020-01-01'::date`, `true`, `NULL::integer`.
    fn constant(&self, value: &Datum, ty: Type) -> Result<String, SqlError> {
        let text = match value {
            Datum::Null => return Ok(format!("NULL::{}", ty.name())),
            Datum::Bool(value) => return Ok(value.to_string()),
            // Relations are kept by their number, so that the text survives a rename; whoever shows it looks the name up.
            Datum::Oid(oid) if ty.id == TypeId::REGCLASS => return Ok(format!("'{oid}'::regclass")),
            value => crate::bind::output(self.binder.context, value, ty),
        };
        let bare = match ty.id {
            TypeId::INT4 => true,
            TypeId::NUMERIC => text.contains('.') && ty.modifier < 0,
            _ => false,
        };
        if bare && !text.starts_with('-') {
            return Ok(text);
        }
        if bare {
            return Ok(format!("'{text}'::{}", ty.name()));
        }
        let text = text.replace('\'', "''");
        let shown = match ty.id {
            TypeId::UNKNOWN => return Ok(format!("'{text}'")),
            TypeId::BPCHAR if ty.modifier < 0 => "bpchar".to_owned(),
            _ => ty.name(),
        };
        Ok(format!("'{text}'::{shown}"))
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

/// Is this call the cast from its argument's type to its result?
fn is_cast(function: &'static Function, args: &[Expr], ty: Type) -> bool {
    let [arg] = args else { return false };
    casts::find(arg.ty().id, ty.id).is_some_and(|cast| cast.function.is_some_and(|known| std::ptr::eq(known, function)))
}

/// The operator that this function computes for operands of these types.
fn operator_of(function: &'static Function, args: &[Expr]) -> Option<&'static Operator> {
    operators::all().find(|operator| {
        std::ptr::eq(operator.function, function)
            && usize::from(operator.left.is_some()) + 1 == args.len()
            && !matches!(operator.name, "!=")
    })
}
