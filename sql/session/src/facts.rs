//! What catalog functions may know about the session. Few statements ask, so the facts are made when the first one does.

use std::cell::OnceCell;
use std::sync::Arc;

use cairn_sql_catalog::functions::Facts;
use cairn_sql_catalog::{Catalog, Oid};
use cairn_txn::Access;

use crate::block::Modes;
use crate::core::Core;
use crate::settings::Settings;

/// Facts for one stretch of work against one catalog.
pub(crate) struct LazyFacts<'a> {
    core: &'a Core,
    catalog: &'a Catalog,
    settings: &'a Settings,
    user: &'a str,
    process: i32,
    modes: Modes,
    made: OnceCell<Arc<Facts>>,
}

impl<'a> LazyFacts<'a> {
    pub(crate) fn new(
        core: &'a Core,
        catalog: &'a Catalog,
        settings: &'a Settings,
        user: &'a str,
        process: i32,
        modes: Modes,
    ) -> Self {
        Self { core, catalog, settings, user, process, modes, made: OnceCell::new() }
    }

    pub(crate) fn get(&self) -> &Arc<Facts> {
        self.made.get_or_init(|| Arc::new(self.make()))
    }

    fn make(&self) -> Facts {
        Facts {
            user: self.user.to_owned(),
            database: self.core.config.database.clone(),
            process: self.process,
            started_at: self.core.config.started_at,
            search_path: search_path(self.settings, self.user, self.catalog),
            settings: self.settings_now(),
        }
    }

    fn settings_now(&self) -> rustc_hash::FxHashMap<String, String> {
        let mut settings = self.settings.all_values();
        let on = |yes| if yes { "on" } else { "off" }.to_owned();
        let Modes { isolation, access, deferrable } = self.modes;
        settings.insert("transaction_isolation".to_owned(), crate::block::isolation_name(isolation).to_owned());
        settings.insert("transaction_read_only".to_owned(), on(access == Access::ReadOnly));
        settings.insert("transaction_deferrable".to_owned(), on(deferrable));
        settings
    }
}

/// Schemas of `search_path` that exist, pg_catalog first where the path does not name it.
pub(crate) fn search_path(settings: &Settings, user: &str, catalog: &Catalog) -> Vec<Oid> {
    let mut path: Vec<Oid> = Vec::new();
    for name in &settings.decoded().search_path {
        let name = if name == "$user" { user } else { name };
        path.extend(catalog.schema(name).map(|schema| schema.oid).filter(|oid| !path.contains(oid)));
    }
    if !path.contains(&Oid::PG_CATALOG) {
        path.insert(0, Oid::PG_CATALOG);
    }
    path
}
