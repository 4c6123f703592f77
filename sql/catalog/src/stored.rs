//! The form of catalog objects on disk: JSON, because it is small, rarely read, and a person can look at it. Every
//! description carries the format version that wrote it; unknown fields and newer versions are refused.

use std::sync::Arc;

use cairn_base::{SpaceId, Timestamp};
use cairn_sql_types::row::RowLayout;
use cairn_sql_types::{Datum, Type, TypeId};
use serde::{Deserialize, Serialize};

use crate::error::CatalogError;
use crate::schema::{
    Check, Column, Distribution, ForeignAction, ForeignKey, Identity, Index, IndexColumn, Oid, Schema, Sequence, Table,
    TableKey, View,
};

/// Version of the description format.
pub(crate) const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    format: u32,
    object: T,
}

/// Writes one description.
pub(crate) fn to_bytes<T: Serialize>(object: &T) -> Result<Vec<u8>, CatalogError> {
    serde_json::to_vec(&Envelope { format: FORMAT, object }).map_err(|error| CatalogError::Corrupt(error.to_string()))
}

/// Reads one description.
pub(crate) fn from_bytes<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, CatalogError> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let corrupt = |error: serde_json::Error| CatalogError::Corrupt(error.to_string());
    let Version { format } = serde_json::from_slice(bytes).map_err(corrupt)?;
    if format > FORMAT {
        return Err(CatalogError::NewerFormat { found: format, known: FORMAT });
    }
    Ok(serde_json::from_slice::<Envelope<T>>(bytes).map_err(corrupt)?.object)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredSchema {
    oid: u32,
    name: String,
}

impl From<&Schema> for StoredSchema {
    fn from(schema: &Schema) -> Self {
        Self { oid: schema.oid.0, name: schema.name.to_string() }
    }
}

impl From<StoredSchema> for Schema {
    fn from(stored: StoredSchema) -> Self {
        Self { oid: Oid(stored.oid), name: stored.name.into() }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredColumn {
    name: String,
    ty: u32,
    modifier: i32,
    not_null: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    /// A one-column row in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
    /// `always` or `by default`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    dropped: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    oid: u32,
    name: String,
    columns: Vec<usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredIndex {
    oid: u32,
    name: String,
    space: u32,
    /// (column, descending, nulls first)
    columns: Vec<(usize, bool, bool)>,
    unique: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    constraint: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCheck {
    oid: u32,
    name: String,
    expression: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredForeignKey {
    oid: u32,
    name: String,
    columns: Vec<usize>,
    target: u32,
    target_columns: Vec<usize>,
    on_delete: char,
    on_update: char,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredTable {
    oid: u32,
    schema: u32,
    name: String,
    columns: Vec<StoredColumn>,
    space: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    primary_key: Option<StoredKey>,
    indexes: Vec<StoredIndex>,
    checks: Vec<StoredCheck>,
    foreign_keys: Vec<StoredForeignKey>,
    engine: String,
    /// Absent: globally.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    distributed_by: Option<Vec<usize>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tier: Option<String>,
    options: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredSequence {
    oid: u32,
    schema: u32,
    name: String,
    ty: u32,
    start: i64,
    increment: i64,
    min: i64,
    max: i64,
    cache: i64,
    cycle: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owned_by: Option<(u32, usize)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredView {
    oid: u32,
    schema: u32,
    name: String,
    /// (name, type, modifier)
    columns: Vec<(String, u32, i32)>,
    query: String,
}

/// PostgreSQL's letters in `pg_constraint.confdeltype`.
pub(crate) fn action_letter(action: ForeignAction) -> char {
    match action {
        ForeignAction::NoAction => 'a',
        ForeignAction::Restrict => 'r',
        ForeignAction::Cascade => 'c',
        ForeignAction::SetNull => 'n',
        ForeignAction::SetDefault => 'd',
    }
}

fn action_from(letter: char) -> Result<ForeignAction, CatalogError> {
    Ok(match letter {
        'a' => ForeignAction::NoAction,
        'r' => ForeignAction::Restrict,
        'c' => ForeignAction::Cascade,
        'n' => ForeignAction::SetNull,
        'd' => ForeignAction::SetDefault,
        other => return Err(CatalogError::Corrupt(format!("unknown foreign key action {other:?}"))),
    })
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn store_missing(ty: Type, value: &Datum) -> Result<String, CatalogError> {
    let mut bytes = Vec::new();
    RowLayout::new(&[ty])
        .encode(std::slice::from_ref(value), &mut bytes)
        .map_err(|error| CatalogError::Corrupt(error.to_string()))?;
    Ok(to_hex(&bytes))
}

fn load_missing(ty: Type, text: &str) -> Result<Datum, CatalogError> {
    let corrupt = || CatalogError::Corrupt("a column's value for older rows is damaged".to_owned());
    let bytes = from_hex(text).ok_or_else(corrupt)?;
    RowLayout::new(&[ty]).decode_column(&bytes, 0).map_err(|_| corrupt())
}

impl StoredColumn {
    fn of(column: &Column) -> Result<Self, CatalogError> {
        Ok(Self {
            name: column.name.to_string(),
            ty: column.ty.id.0,
            modifier: column.ty.modifier,
            not_null: column.not_null,
            default: column.default.as_ref().map(ToString::to_string),
            missing: column.missing.as_ref().map(|value| store_missing(column.ty, value)).transpose()?,
            identity: column.identity.map(|identity| match identity {
                Identity::Always => "always".to_owned(),
                Identity::ByDefault => "by default".to_owned(),
            }),
            dropped: column.dropped,
        })
    }

    fn load(self) -> Result<Column, CatalogError> {
        let ty = Type { id: TypeId(self.ty), modifier: self.modifier };
        Ok(Column {
            name: self.name.into(),
            ty,
            not_null: self.not_null,
            default: self.default.map(Arc::from),
            missing: self.missing.map(|text| load_missing(ty, &text)).transpose()?,
            identity: match self.identity.as_deref() {
                None => None,
                Some("always") => Some(Identity::Always),
                Some("by default") => Some(Identity::ByDefault),
                Some(other) => return Err(CatalogError::Corrupt(format!("unknown identity {other:?}"))),
            },
            dropped: self.dropped,
        })
    }
}

impl From<&Index> for StoredIndex {
    fn from(index: &Index) -> Self {
        Self {
            oid: index.oid.0,
            name: index.name.to_string(),
            space: index.space.0,
            columns: index.columns.iter().map(|c| (c.column, c.descending, c.nulls_first)).collect(),
            unique: index.unique,
            constraint: index.constraint.map(|oid| oid.0),
        }
    }
}

impl From<StoredIndex> for Index {
    fn from(stored: StoredIndex) -> Self {
        let column = |(column, descending, nulls_first)| IndexColumn { column, descending, nulls_first };
        Self {
            oid: Oid(stored.oid),
            name: stored.name.into(),
            space: SpaceId(stored.space),
            columns: stored.columns.into_iter().map(column).collect(),
            unique: stored.unique,
            constraint: stored.constraint.map(Oid),
            created_at: Timestamp::ZERO,
        }
    }
}

impl From<&ForeignKey> for StoredForeignKey {
    fn from(key: &ForeignKey) -> Self {
        Self {
            oid: key.oid.0,
            name: key.name.to_string(),
            columns: key.columns.clone(),
            target: key.target.0,
            target_columns: key.target_columns.clone(),
            on_delete: action_letter(key.on_delete),
            on_update: action_letter(key.on_update),
        }
    }
}

impl StoredForeignKey {
    fn load(self) -> Result<ForeignKey, CatalogError> {
        Ok(ForeignKey {
            oid: Oid(self.oid),
            name: self.name.into(),
            columns: self.columns,
            target: Oid(self.target),
            target_columns: self.target_columns,
            on_delete: action_from(self.on_delete)?,
            on_update: action_from(self.on_update)?,
        })
    }
}

impl StoredTable {
    pub(crate) fn of(table: &Table) -> Result<Self, CatalogError> {
        let check = |check: &Check| StoredCheck {
            oid: check.oid.0,
            name: check.name.to_string(),
            expression: check.expression.to_string(),
        };
        Ok(Self {
            oid: table.oid.0,
            schema: table.schema.0,
            name: table.name.to_string(),
            columns: table.columns.iter().map(StoredColumn::of).collect::<Result<_, _>>()?,
            space: table.space.0,
            primary_key: match &table.key {
                TableKey::RowId => None,
                TableKey::Primary { oid, name, columns } => {
                    Some(StoredKey { oid: oid.0, name: name.to_string(), columns: columns.clone() })
                }
            },
            indexes: table.indexes.iter().map(|index| StoredIndex::from(&**index)).collect(),
            checks: table.checks.iter().map(check).collect(),
            foreign_keys: table.foreign_keys.iter().map(StoredForeignKey::from).collect(),
            engine: table.engine.to_string(),
            distributed_by: match &table.distribution {
                Distribution::By(columns) => Some(columns.clone()),
                Distribution::Globally => None,
            },
            tier: table.tier.as_ref().map(ToString::to_string),
            options: table.options.clone(),
        })
    }

    pub(crate) fn load(self) -> Result<Table, CatalogError> {
        let columns = self.columns.into_iter().map(StoredColumn::load).collect::<Result<Vec<_>, _>>()?;
        let check = |stored: StoredCheck| Check {
            oid: Oid(stored.oid),
            name: stored.name.into(),
            expression: stored.expression.into(),
        };
        Ok(Table {
            oid: Oid(self.oid),
            schema: Oid(self.schema),
            name: self.name.into(),
            layout: Table::layout_of(&columns),
            columns,
            space: SpaceId(self.space),
            key: match self.primary_key {
                None => TableKey::RowId,
                Some(key) => TableKey::Primary { oid: Oid(key.oid), name: key.name.into(), columns: key.columns },
            },
            indexes: self.indexes.into_iter().map(|index| Arc::new(index.into())).collect(),
            checks: self.checks.into_iter().map(check).collect(),
            foreign_keys: self.foreign_keys.into_iter().map(StoredForeignKey::load).collect::<Result<_, _>>()?,
            referenced_by: Vec::new(),
            engine: self.engine.into(),
            distribution: self.distributed_by.map_or(Distribution::Globally, Distribution::By),
            tier: self.tier.map(Arc::from),
            options: self.options,
            rewritten_at: Timestamp::ZERO,
        })
    }
}

impl From<&Sequence> for StoredSequence {
    fn from(sequence: &Sequence) -> Self {
        Self {
            oid: sequence.oid.0,
            schema: sequence.schema.0,
            name: sequence.name.to_string(),
            ty: sequence.ty.0,
            start: sequence.start,
            increment: sequence.increment,
            min: sequence.min,
            max: sequence.max,
            cache: sequence.cache,
            cycle: sequence.cycle,
            owned_by: sequence.owned_by.map(|(table, column)| (table.0, column)),
        }
    }
}

impl From<StoredSequence> for Sequence {
    fn from(stored: StoredSequence) -> Self {
        Self {
            oid: Oid(stored.oid),
            schema: Oid(stored.schema),
            name: stored.name.into(),
            ty: TypeId(stored.ty),
            start: stored.start,
            increment: stored.increment,
            min: stored.min,
            max: stored.max,
            cache: stored.cache,
            cycle: stored.cycle,
            owned_by: stored.owned_by.map(|(table, column)| (Oid(table), column)),
        }
    }
}

impl From<&View> for StoredView {
    fn from(view: &View) -> Self {
        Self {
            oid: view.oid.0,
            schema: view.schema.0,
            name: view.name.to_string(),
            columns: view.columns.iter().map(|(name, ty)| (name.to_string(), ty.id.0, ty.modifier)).collect(),
            query: view.query.to_string(),
        }
    }
}

impl From<StoredView> for View {
    fn from(stored: StoredView) -> Self {
        let column = |(name, ty, modifier): (String, u32, i32)| (name.into(), Type { id: TypeId(ty), modifier });
        Self {
            oid: Oid(stored.oid),
            schema: Oid(stored.schema),
            name: stored.name.into(),
            columns: stored.columns.into_iter().map(column).collect(),
            query: stored.query.into(),
        }
    }
}
