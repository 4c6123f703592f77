//! pg_catalog and information_schema: relations whose rows are computed from the catalog.

use crate::schema::SystemRelation;

/// All of them.
pub static RELATIONS: &[SystemRelation] = &[];
