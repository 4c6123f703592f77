//! Parameters: declared, or inferred from their first use, as PostgreSQL's `parse_param.c` does.

use crate::bind::type_name;
use cairn_sql_types::{SqlError, SqlState, Type, TypeId};

use super::at;
use crate::settings::Parameter;
use crate::syntax::token::Pos;

/// The highest parameter number (the protocol counts with 16 bits).
const PARAMS_MAX: u32 = 65535;

/// What is known about parameters so far.
pub(crate) struct Params {
    specs: Vec<Parameter>,
    types: Vec<Option<Type>>,
    /// There are no others than those that were given.
    pub(crate) closed: bool,
}

impl Params {
    pub(crate) fn new(specs: Vec<Parameter>) -> Self {
        let known = |spec: &Parameter| match spec {
            Parameter::Declared(ty) | Parameter::Lifted(ty) if ty.id != TypeId::UNKNOWN => Some(*ty),
            _ => None,
        };
        let types = specs.iter().map(known).collect();
        Self { specs, types, closed: false }
    }

    /// Position (from 0) and type so far of `$number`.
    pub(crate) fn reference(&mut self, number: u32, pos: Pos) -> Result<(usize, Type), SqlError> {
        let missing = self.closed && number as usize > self.types.len();
        if number == 0 || number > PARAMS_MAX || missing {
            return Err(at(SqlState::UNDEFINED_PARAMETER, format!("there is no parameter ${number}"), pos));
        }
        let index = number as usize - 1;
        if index >= self.types.len() {
            self.types.resize(index + 1, None);
            self.specs.resize(index + 1, Parameter::Infer);
        }
        Ok((index, self.types[index].unwrap_or(Type::plain(TypeId::UNKNOWN))))
    }

    /// How many parameters there are so far.
    pub(crate) fn count(&self) -> usize {
        self.types.len()
    }

    /// Is it a lifted literal?
    pub(crate) fn is_lifted(&self, index: usize) -> bool {
        matches!(self.specs.get(index), Some(Parameter::Lifted(_)))
    }

    /// Gives an unknown parameter its type.
    pub(crate) fn resolve(&mut self, index: usize, ty: TypeId, pos: Pos) -> Result<(), SqlError> {
        match self.types[index] {
            Some(known) if known.id != ty => {
                let message = format!("inconsistent types deduced for parameter ${}", index + 1);
                Err(at(SqlState::of(b"42P08"), message, pos).detail(format!(
                    "{} versus {}",
                    type_name(known.id),
                    type_name(ty)
                )))
            }
            _ => {
                self.types[index] = Some(Type::plain(ty));
                Ok(())
            }
        }
    }

    /// All types. 42P18 for one whose type nothing determined.
    pub(crate) fn finish(&self) -> Result<Vec<Type>, SqlError> {
        let all = self.types.iter().zip(&self.specs).enumerate();
        all.map(|(index, (ty, spec))| match (ty, spec) {
            (Some(ty), _) => Ok(*ty),
            (None, Parameter::Lifted(_)) => Ok(Type::plain(TypeId::TEXT)),
            (None, _) => Err(undetermined(index)),
        })
        .collect()
    }
}

pub(crate) fn undetermined(index: usize) -> SqlError {
    let message = format!("could not determine data type of parameter ${}", index + 1);
    SqlError::new(SqlState::INDETERMINATE_DATATYPE, message)
}
