//! Column definitions: types, SERIAL, identity, defaults.

use cairn_sql_catalog::schema::{Identity, Oid, Sequence};
use cairn_sql_types::functions::quote_ident;
use cairn_sql_types::{SqlError, SqlState, Type, TypeId};

use super::made_names::Taken;
use crate::bind::{Binder, Place, at};
use crate::ddl::NewColumn;
use crate::syntax::ast::{Expr as Syntax, ExprKind, Name};
use crate::syntax::ddl::{ColumnDefinition, Constraint, ConstraintKind, SequenceOption};
use crate::tree::Expr;

impl Binder<'_> {
    /// A column and those of its constraints that belong to the table.
    pub(crate) fn new_column(
        &mut self,
        schema: Oid,
        table: &str,
        definition: &ColumnDefinition,
        taken: &mut Taken,
    ) -> Result<(NewColumn, Vec<Constraint>), SqlError> {
        if crate::bind::expr::is_system_column(&definition.name.text) {
            let message = format!("column name \"{}\" conflicts with a system column name", definition.name.text);
            return Err(SqlError::new(SqlState::DUPLICATE_COLUMN, message));
        }
        let serial = serial_type(definition);
        let ty = match serial {
            Some(id) => Type::plain(id),
            None => self.type_of(&definition.ty)?,
        };
        self.check_column_type(definition, ty)?;
        let mut column = NewColumn {
            name: definition.name.text.to_string(),
            ty,
            not_null: serial.is_some(),
            default: None,
            default_expr: None,
            sequence: None,
            identity: None,
        };
        if serial.is_some() {
            let sequence = self.owned_sequence(schema, table, &column, &[], taken)?;
            column.default = Some(self.nextval_text(schema, &sequence.name));
            column.sequence = Some(sequence);
        }
        let mut rest = Vec::new();
        let mut declared_null = None;
        for constraint in &definition.constraints {
            self.column_constraint(
                schema,
                table,
                &mut column,
                constraint,
                serial.is_some(),
                &mut declared_null,
                taken,
                &mut rest,
            )?;
        }
        Ok((column, rest))
    }

    fn check_column_type(&self, definition: &ColumnDefinition, ty: Type) -> Result<(), SqlError> {
        if let Some(collation) = &definition.collation {
            crate::bind::expr::check_collation(&collation.parts)?;
        }
        if matches!(ty.id, TypeId::RECORD | TypeId::VOID | TypeId::UNKNOWN) || ty.id.element() == Some(TypeId::RECORD) {
            let shown = crate::bind::type_name(ty.id);
            let message = format!("column \"{}\" has pseudo-type {shown}", definition.name.text);
            return Err(SqlError::new(SqlState::INVALID_TABLE_DEFINITION, message));
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one step of a loop over a column's constraints")]
    fn column_constraint(
        &mut self,
        schema: Oid,
        table: &str,
        column: &mut NewColumn,
        constraint: &Constraint,
        serial: bool,
        declared_null: &mut Option<bool>,
        taken: &mut Taken,
        rest: &mut Vec<Constraint>,
    ) -> Result<(), SqlError> {
        let name = column.name.clone();
        let conflict = |what: &str| {
            let message = format!("{what} for column \"{name}\" of table \"{table}\"");
            Err(at(SqlState::SYNTAX_ERROR, message, constraint.pos))
        };
        match &constraint.kind {
            ConstraintKind::NotNull => {
                if *declared_null == Some(true) {
                    return conflict("conflicting NULL/NOT NULL declarations");
                }
                *declared_null = Some(false);
                column.not_null = true;
            }
            ConstraintKind::Null => {
                if *declared_null == Some(false) || serial || column.identity.is_some() {
                    return conflict("conflicting NULL/NOT NULL declarations");
                }
                *declared_null = Some(true);
            }
            ConstraintKind::Default(value) => {
                if column.default.is_some() {
                    return conflict("multiple default values specified");
                }
                if column.identity.is_some() {
                    return conflict("both default and identity specified");
                }
                let (text, expr) = self.default_text(value, column.ty, &column.name)?;
                column.default = text;
                column.default_expr = expr;
            }
            ConstraintKind::Identity { always, options } => {
                if column.identity.is_some() {
                    return conflict("multiple identity specifications");
                }
                if column.default.is_some() {
                    return conflict("both default and identity specified");
                }
                if !matches!(column.ty.id, TypeId::INT2 | TypeId::INT4 | TypeId::INT8) {
                    let message = "identity column type must be smallint, integer, or bigint";
                    return Err(SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message));
                }
                column.sequence = Some(self.owned_sequence(schema, table, column, options, taken)?);
                column.identity = Some(if *always { Identity::Always } else { Identity::ByDefault });
                column.not_null = true;
            }
            ConstraintKind::PrimaryKey(columns) | ConstraintKind::Unique(columns) if columns.is_empty() => {
                let mut constraint = constraint.clone();
                let own = vec![Name { text: column.name.as_str().into(), pos: constraint.pos }];
                constraint.kind = match constraint.kind {
                    ConstraintKind::PrimaryKey(_) => ConstraintKind::PrimaryKey(own),
                    _ => ConstraintKind::Unique(own),
                };
                rest.push(constraint);
            }
            ConstraintKind::Foreign(foreign) => {
                let mut foreign = foreign.clone();
                foreign.columns = vec![Name { text: column.name.as_str().into(), pos: constraint.pos }];
                rest.push(Constraint { kind: ConstraintKind::Foreign(foreign), ..constraint.clone() });
            }
            _ => rest.push(constraint.clone()),
        }
        Ok(())
    }

    /// A default as text and tree; DEFAULT NULL is no default.
    pub(crate) fn default_text(
        &mut self,
        value: &Syntax,
        ty: Type,
        column: &str,
    ) -> Result<(Option<String>, Option<Expr>), SqlError> {
        if matches!(value.kind, ExprKind::Null) {
            return Ok((None, None));
        }
        let expr = self.default_value(value, ty, column)?;
        // The text has no cast to the column's type: that follows from the column.
        let written = self.isolated(|this| {
            this.as_written(|this| {
                this.in_place(Place::Default, |this| {
                    let placed = this.expr(value)?;
                    match placed.ty() {
                        TypeId::UNKNOWN => this.coerce(placed, ty.id),
                        _ => Ok(placed.expr),
                    }
                })
            })
        })?;
        let text = self.deparse(&written, &|_, _| None)?;
        Ok((Some(text), Some(expr)))
    }

    /// `nextval('t_a_seq'::regclass)`
    fn nextval_text(&self, schema: Oid, sequence: &str) -> String {
        let mut name = quote_ident(sequence);
        if schema != Oid::PUBLIC
            && let Some(schema) = self.catalog.schema_by_oid(schema)
        {
            name = format!("{}.{name}", quote_ident(&schema.name));
        }
        format!("nextval('{}'::regclass)", name.replace('\'', "''"))
    }

    /// The sequence of a SERIAL or identity column.
    fn owned_sequence(
        &mut self,
        schema: Oid,
        table: &str,
        column: &NewColumn,
        options: &[SequenceOption],
        taken: &mut Taken,
    ) -> Result<Sequence, SqlError> {
        let name = self.relation_name(schema, (table, &column.name), "seq", taken);
        let base = super::sequence::fresh(schema, &name, column.ty.id);
        let mut options = options.to_vec();
        if let Some(position) = options.iter().position(|option| matches!(option, SequenceOption::As(_))) {
            options.remove(position);
            return Err(SqlError::new(SqlState::SYNTAX_ERROR, "identity column type is given by the column"));
        }
        self.with_options(base, &options, true).map(|(sequence, _)| sequence)
    }
}

/// SERIAL and its kin are not types but abbreviations.
fn serial_type(definition: &ColumnDefinition) -> Option<TypeId> {
    let name = &definition.ty.name;
    if name.parts.len() != 1 || definition.ty.dimensions > 0 || !definition.ty.modifiers.is_empty() {
        return None;
    }
    match name.last() {
        "serial" | "serial4" => Some(TypeId::INT4),
        "bigserial" | "serial8" => Some(TypeId::INT8),
        "smallserial" | "serial2" => Some(TypeId::INT2),
        _ => None,
    }
}

/// The position of a column among new ones. 42703 with the given words.
pub(crate) fn position(columns: &[NewColumn], name: &Name, what: &str, missing: &str) -> Result<usize, SqlError> {
    columns.iter().position(|column| *column.name == *name.text).ok_or_else(|| {
        SqlError::new(SqlState::UNDEFINED_COLUMN, format!("{what} \"{}\" {missing}", name.text)).at(name.pos + 1)
    })
}
