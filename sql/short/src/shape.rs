//! A table as this executor handles it: how its keys and index entries are made.

use std::sync::Arc;

use cairn_base::SpaceId;
use cairn_base::key::{KEY_BYTES_MAX, KeyOrder, KeyReader, KeyWriter};
use cairn_sql_catalog::schema::{Index, Table, TableKey};
use cairn_sql_types::comparison::KeyValue;
use cairn_sql_types::key::{KeyColumn, decode_key as decode_value};
use cairn_sql_types::row::RowLayout;
use cairn_sql_types::{Datum, SqlError, SqlState, TypeId};

use crate::eval::Source;

/// One column of a key: which column of the table, and how it is encoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyPart {
    pub(crate) column: usize,
    pub(crate) encoding: KeyColumn,
}

/// A table with the encodings of its keys.
pub(crate) struct TableShape {
    pub(crate) table: Arc<Table>,
    pub(crate) layout: Arc<RowLayout>,
    /// The primary key's columns; empty for tables with a hidden row id.
    pub(crate) key: Vec<KeyPart>,
    pub(crate) indexes: Vec<IndexShape>,
}

/// A secondary index with the encoding of its entries.
pub(crate) struct IndexShape {
    pub(crate) index: Arc<Index>,
    pub(crate) parts: Vec<KeyPart>,
}

/// Which space a key is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Which {
    Primary,
    /// Position among the table's indexes.
    Index(usize),
}

impl TableShape {
    pub(crate) fn new(table: &Arc<Table>) -> Self {
        let key = match &table.key {
            TableKey::RowId => Vec::new(),
            TableKey::Primary { columns, .. } => columns.iter().map(|column| primary_part(table, *column)).collect(),
        };
        let indexes = table.indexes.iter().map(|index| IndexShape::new(table, index)).collect();
        Self { table: table.clone(), layout: table.layout.clone(), key, indexes }
    }

    /// Does the hidden row id order the rows?
    pub(crate) fn has_row_id(&self) -> bool {
        self.table.key == TableKey::RowId
    }

    /// The space of the rows or of an index.
    pub(crate) fn space(&self, which: Which) -> SpaceId {
        match which {
            Which::Primary => self.table.space,
            Which::Index(index) => self.indexes[index].index.space,
        }
    }

    /// The columns that order the rows or an index.
    pub(crate) fn parts(&self, which: Which) -> &[KeyPart] {
        match which {
            Which::Primary => &self.key,
            Which::Index(index) => &self.indexes[index].parts,
        }
    }

    /// No two rows with equal columns (in an index: none of them NULL)?
    pub(crate) fn is_unique(&self, which: Which) -> bool {
        match which {
            Which::Primary => !self.has_row_id(),
            Which::Index(index) => self.indexes[index].index.unique,
        }
    }

    /// Name of the primary key's or an index's constraint.
    pub(crate) fn name(&self, which: Which) -> &str {
        match (which, &self.table.key) {
            (Which::Index(index), _) => &self.indexes[index].index.name,
            (Which::Primary, TableKey::Primary { name, .. }) => name,
            (Which::Primary, TableKey::RowId) => &self.table.name,
        }
    }

    /// Appends the primary key of a row that has one.
    pub(crate) fn primary_key(&self, row: &Source<'_>, out: &mut Vec<u8>) -> Result<(), SqlError> {
        let start = out.len();
        encode(&self.key, row, out)?;
        check_length(out.len() - start, self.name(Which::Primary))
    }
}

impl TableShape {
    /// Appends a unique key of this table whose values come from `columns` of another table's row. `false`: a value lies outside
    /// the key's types, so no such key can exist.
    pub(crate) fn key_from(
        &self,
        which: Which,
        columns: &[usize],
        row: &Source<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, SqlError> {
        for (part, column) in self.parts(which).iter().zip(columns) {
            match KeyValue::of(row.column(*column)?, part.encoding.ty) {
                KeyValue::Exact(value) => part.encoding.encode(&value, &mut KeyWriter::new(out))?,
                _ => return Ok(false),
            }
        }
        Ok(true)
    }
}

impl IndexShape {
    pub(crate) fn new(table: &Table, index: &Arc<Index>) -> Self {
        let part = |column: &cairn_sql_catalog::schema::IndexColumn| KeyPart {
            column: column.column,
            encoding: KeyColumn {
                ty: table.columns[column.column].ty.id,
                order: KeyOrder { descending: column.descending, nulls_first: column.nulls_first },
                nullable: true,
            },
        };
        Self { index: index.clone(), parts: index.columns.iter().map(part).collect() }
    }

    /// Appends the entry's key for a row with primary key `pk`. `true`: the entry is unique, its value is `pk`; `false`: it
    /// ends in `pk` and its value is empty.
    pub(crate) fn entry(&self, row: &Source<'_>, pk: &[u8], out: &mut Vec<u8>) -> Result<bool, SqlError> {
        let start = out.len();
        let has_null = encode(&self.parts, row, out)?;
        let unique = self.index.unique && !has_null;
        if !unique {
            out.extend_from_slice(pk);
        }
        check_length(out.len() - start, &self.index.name)?;
        Ok(unique)
    }

    /// The primary key that an entry leads to.
    pub(crate) fn primary_of<'e>(&self, key: &'e [u8], value: &'e [u8]) -> Result<&'e [u8], SqlError> {
        if !value.is_empty() {
            return Ok(value);
        }
        let mut reader = KeyReader::new(key);
        for part in &self.parts {
            skip(&part.encoding, &mut reader)?;
        }
        Ok(reader.rest())
    }

    /// Can every value of the entry be read back from its key?
    pub(crate) fn keeps_values(&self) -> bool {
        self.parts.iter().all(|part| keeps_value(part.encoding.ty))
    }
}

/// Do the values of this type survive the way into a key and back?
pub(crate) fn keeps_value(ty: TypeId) -> bool {
    !matches!(ty, TypeId::NUMERIC | TypeId::FLOAT4 | TypeId::FLOAT8 | TypeId::BPCHAR | TypeId::INTERVAL)
}

fn primary_part(table: &Table, column: usize) -> KeyPart {
    let encoding = KeyColumn { ty: table.columns[column].ty.id, order: KeyOrder::ASC, nullable: false };
    KeyPart { column, encoding }
}

/// Appends the columns' values; says whether one was NULL.
fn encode(parts: &[KeyPart], row: &Source<'_>, out: &mut Vec<u8>) -> Result<bool, SqlError> {
    let mut has_null = false;
    for part in parts {
        let value = row.column(part.column)?;
        has_null |= value.is_null();
        part.encoding.encode(&value, &mut KeyWriter::new(out))?;
    }
    Ok(has_null)
}

fn check_length(length: usize, index: &str) -> Result<(), SqlError> {
    if length <= KEY_BYTES_MAX {
        return Ok(());
    }
    let message = format!("index row size {length} exceeds maximum {KEY_BYTES_MAX} for index \"{index}\"");
    Err(SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message))
}

/// Steps over one column of a key.
fn skip(column: &KeyColumn, reader: &mut KeyReader<'_>) -> Result<(), SqlError> {
    let damaged = |error: cairn_base::key::KeyError| SqlError::new(SqlState::DATA_CORRUPTED, error.to_string());
    if column.nullable && !reader.take_present(column.order).map_err(damaged)? {
        return Ok(());
    }
    match column.ty {
        TypeId::BOOL => reader.take_bool(column.order).map(drop),
        TypeId::INT2 => reader.take_i16(column.order).map(drop),
        TypeId::INT4 | TypeId::DATE => reader.take_i32(column.order).map(drop),
        TypeId::INT8 | TypeId::TIME | TypeId::TIMESTAMP | TypeId::TIMESTAMPTZ => {
            reader.take_i64(column.order).map(drop)
        }
        TypeId::UUID => reader.take_uuid(column.order).map(drop),
        _ => return decode_value(column.ty, column.order, reader).map(drop),
    }
    .map_err(damaged)
}

/// Decodes the columns of a key into their places among the table's columns.
pub(crate) fn decode_key(parts: &[KeyPart], key: &[u8], values: &mut [Datum]) -> Result<(), SqlError> {
    let mut reader = KeyReader::new(key);
    for part in parts {
        values[part.column] = part.encoding.decode(&mut reader)?;
    }
    Ok(())
}
