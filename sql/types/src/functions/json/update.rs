//! `jsonb_set`, `jsonb_insert`, `#-`: one place of a jsonb value changed.

use std::borrow::Cow;

use crate::datum::{Array, Datum};
use crate::error::{SqlError, SqlState};
use crate::functions::declare::{f, functions};

use super::tree::Value;

/// What happens at the end of the path.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    /// Replace; add where missing if `create`.
    Set {
        create: bool,
    },
    /// Add before or after; an existing key is an error.
    Insert {
        after: bool,
    },
    Delete,
}

struct Edit<'a, 'p> {
    path: &'p [Datum],
    new: Option<Value<'a>>,
    change: Change,
}

impl<'a> Edit<'a, '_> {
    fn apply(&self, value: Value<'a>, depth: usize) -> Result<Value<'a>, SqlError> {
        let step = match self.path.get(depth) {
            None => return Ok(value),
            Some(Datum::Text(step)) => step,
            Some(_) => {
                let message = format!("path element at position {} is null", depth + 1);
                return Err(SqlError::new(SqlState::NULL_VALUE_NOT_ALLOWED, message));
            }
        };
        match value {
            Value::Object(members) => self.member(members, step, depth),
            Value::Array(elements) => self.element(elements, step, depth),
            scalar => Ok(scalar),
        }
    }

    fn is_last(&self, depth: usize) -> bool {
        depth + 1 == self.path.len()
    }

    fn replacement(&self) -> Value<'a> {
        self.new.clone().unwrap_or(Value::Null)
    }

    fn member(
        &self,
        mut members: Vec<(Cow<'a, str>, Value<'a>)>,
        key: &str,
        depth: usize,
    ) -> Result<Value<'a>, SqlError> {
        let found = members.iter().position(|(name, _)| name == key);
        match (found, self.is_last(depth)) {
            (Some(at), false) => {
                let inner = std::mem::replace(&mut members[at].1, Value::Null);
                members[at].1 = self.apply(inner, depth + 1)?;
            }
            (Some(at), true) => match self.change {
                Change::Set { .. } => members[at].1 = self.replacement(),
                Change::Delete => {
                    members.remove(at);
                }
                Change::Insert { .. } => {
                    let message = "cannot replace existing key";
                    return Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
                        .hint("Try using the function jsonb_set to replace key value."));
                }
            },
            (None, true) if matches!(self.change, Change::Set { create: true } | Change::Insert { .. }) => {
                members.push((Cow::Owned(key.to_owned()), self.replacement()));
            }
            (None, _) => {}
        }
        Ok(Value::Object(members))
    }

    fn element(&self, mut elements: Vec<Value<'a>>, step: &str, depth: usize) -> Result<Value<'a>, SqlError> {
        let position: i64 = step.trim_start().parse::<i32>().map(i64::from).map_err(|_| {
            let message = format!("path element at position {} is not an integer: \"{step}\"", depth + 1);
            SqlError::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
        })?;
        let count = elements.len() as i64;
        let position = if position < 0 { count + position } else { position };
        let inside = (0..count).contains(&position);
        let at = position.clamp(0, count) as usize;
        match (inside, self.is_last(depth)) {
            (true, false) => {
                let inner = std::mem::replace(&mut elements[at], Value::Null);
                elements[at] = self.apply(inner, depth + 1)?;
            }
            (true, true) => match self.change {
                Change::Set { .. } => elements[at] = self.replacement(),
                Change::Insert { after } => elements.insert(at + usize::from(after), self.replacement()),
                Change::Delete => {
                    elements.remove(at);
                }
            },
            (false, true) if matches!(self.change, Change::Set { create: true } | Change::Insert { .. }) => {
                elements.insert(at, self.replacement());
            }
            (false, _) => {}
        }
        Ok(Value::Array(elements))
    }
}

fn edit<'a>(value: Value<'a>, path: &Array, new: Option<Value<'a>>, change: Change) -> Result<Value<'a>, SqlError> {
    if path.dimensions.len() > 1 {
        return Err(SqlError::new(SqlState::ARRAY_SUBSCRIPT_ERROR, "wrong number of array subscripts"));
    }
    if value.is_scalar() {
        let what = if change == Change::Delete { "cannot delete path in scalar" } else { "cannot set path in scalar" };
        return Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, what));
    }
    Edit { path: &path.elements, new, change }.apply(value, 0)
}

functions! {
    3305 jsonb_set(JSONB, TEXT_ARRAY, JSONB, BOOL) -> JSONB [optional(1)] = f!(|value: Value, path: &Array, new: Value, create: Option<bool>| edit(value, path, Some(new), Change::Set { create: create.unwrap_or(true) }));
    3579 jsonb_insert(JSONB, TEXT_ARRAY, JSONB, BOOL) -> JSONB [optional(1)] = f!(|value: Value, path: &Array, new: Value, after: Option<bool>| edit(value, path, Some(new), Change::Insert { after: after.unwrap_or(false) }));
    3304 jsonb_delete_path(JSONB, TEXT_ARRAY) -> JSONB = f!(|value: Value, path: &Array| edit(value, path, None, Change::Delete));
}
