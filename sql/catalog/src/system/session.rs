//! Relations that show the session and not the catalog: the session gives the rows, their form is defined here.

use std::sync::Arc;

use cairn_sql_types::{Array, Datum, TypeId};

use super::columns::PG_SETTINGS;
use super::row::Row;

/// Name of the relation of settings.
pub const SETTINGS: &str = PG_SETTINGS.name;

/// One row of `pg_settings`.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    /// `name`
    pub name: &'a str,
    /// `setting`: its value now.
    pub value: &'a str,
    /// `boot_val` and `reset_val`
    pub default: &'a str,
    /// `short_desc`
    pub description: &'a str,
    /// `vartype`: bool, integer, string or enum.
    pub kind: &'a str,
    /// `enumvals`: the words that an enum takes.
    pub words: &'a [&'a str],
    /// `context`: no client can change it (`internal`); otherwise anybody can (`user`).
    pub fixed: bool,
}

impl Setting<'_> {
    /// The row.
    pub fn row(&self) -> Vec<Datum> {
        let words: Vec<Datum> = self.words.iter().map(|word| Datum::text(*word)).collect();
        let words = match words.len() {
            0 => Datum::Null,
            count => {
                let dimensions = vec![(count as i32, 1)];
                Datum::Array(Arc::new(Array { element: TypeId::TEXT, dimensions, elements: words }))
            }
        };
        Row::of(&PG_SETTINGS)
            .set("name", self.name)
            .set("setting", self.value)
            .set("short_desc", self.description)
            .set("context", if self.fixed { "internal" } else { "user" })
            .set("vartype", self.kind)
            .set("source", if self.value == self.default { "default" } else { "session" })
            .set("enumvals", words)
            .set("boot_val", self.default)
            .set("reset_val", self.default)
            .done()
    }
}
