//! `json_agg`, `json_object_agg` and their jsonb forms.

use crate::datum::Datum;
use crate::error::SqlError;
use crate::functions::json::build::{canonical, refuse, write_key, write_value};
use crate::kernel::EvalContext;
use crate::ty::TypeId;

use super::declare::aggregates;
use super::state::{Accumulator, boxed};

/// JSON text under construction, without its brackets.
struct Json {
    types: Vec<TypeId>,
    object: bool,
    /// Every value stands on a line of its own.
    lines: bool,
    /// jsonb: the result is made canonical.
    binary: bool,
    body: Option<String>,
}

impl Json {
    fn new(types: &[TypeId], object: bool, binary: bool) -> Self {
        Self { types: types.to_vec(), object, lines: false, binary, body: None }
    }

    /// `json_agg` of rows, which come as objects.
    fn of_rows(types: &[TypeId]) -> Self {
        Self { lines: true, ..Self::new(types, false, false) }
    }

    fn type_at(&self, at: usize) -> TypeId {
        self.types.get(at).copied().unwrap_or(TypeId::UNKNOWN)
    }
}

impl Accumulator for Json {
    fn update(&mut self, context: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        let (first, second) = (self.type_at(0), self.type_at(1));
        let started = self.body.is_some();
        let body = self.body.get_or_insert_default();
        if started {
            let structured = matches!(args.first(), Some(Datum::Array(_) | Datum::Record(_))) && !self.object;
            body.push_str(if structured || self.lines { ", \n " } else { ", " });
        }
        match (self.object, args) {
            (false, [value, ..]) => write_value(body, context, first, value, false),
            (true, [key, value, ..]) => {
                if key.is_null() {
                    return Err(refuse("field name must not be null"));
                }
                write_key(body, context, first, key)?;
                body.push_str(" : ");
                write_value(body, context, second, value, false)
            }
            _ => Err(SqlError::internal("a JSON aggregate lacks arguments")),
        }
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        match (&mut self.body, other.body) {
            (Some(body), Some(more)) => {
                body.push_str(if self.lines { ", \n " } else { ", " });
                body.push_str(&more);
            }
            (None, more) => self.body = more,
            (Some(_), None) => {}
        }
        Ok(())
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        let Some(body) = &self.body else { return Ok(Datum::Null) };
        let text = if self.object { format!("{{ {body} }}") } else { format!("[{body}]") };
        if self.binary { canonical(&text) } else { Ok(Datum::text(text)) }
    }

    fn heap_bytes(&self) -> usize {
        self.body.as_ref().map_or(0, String::capacity)
    }
}

aggregates! {
    3175 json_agg(ANYELEMENT) -> JSON [lax] = |types| boxed(Json::new(types, false, false));
    9000011 cairn_json_agg_rows(JSON) -> JSON [lax] = |types| boxed(Json::of_rows(types));
    3267 jsonb_agg(ANYELEMENT) -> JSONB [lax] = |types| boxed(Json::new(types, false, true));
    3197 json_object_agg(ANY, ANY) -> JSON [lax] = |types| boxed(Json::new(types, true, false));
    3270 jsonb_object_agg(ANY, ANY) -> JSONB [lax] = |types| boxed(Json::new(types, true, true));
}
