//! The columns of the system relations, as PostgreSQL 15 has them (generated from its `pg_attribute`; columns of types that
//! Cairn does not have are `text`).

use cairn_sql_types::TypeId;

use crate::schema::Oid;

const PG_CATALOG: Oid = Oid::PG_CATALOG;
const INFORMATION_SCHEMA: Oid = Oid::INFORMATION_SCHEMA;

macro_rules! type_names {
    ($($name:ident)*) => { $(const $name: TypeId = TypeId::$name;)* };
}
type_names! {
    BOOL BYTEA CHAR NAME INT8 INT2 INT2VECTOR INT4 REGPROC TEXT OID XID OIDVECTOR PG_NODE_TREE FLOAT4 VARCHAR
    TIMESTAMPTZ REGTYPE
}
const ACLITEM_ARRAY: TypeId = TypeId(1034);
const TEXT_ARRAY: TypeId = TypeId(1009);
const CHAR_ARRAY: TypeId = TypeId(1002);
const OID_ARRAY: TypeId = TypeId(1028);
const INT2_ARRAY: TypeId = TypeId(1005);

/// Identity and columns of one system relation.
pub(crate) struct Definition {
    pub(crate) oid: Oid,
    pub(crate) schema: Oid,
    pub(crate) name: &'static str,
    pub(crate) view: bool,
    pub(crate) columns: &'static [(&'static str, TypeId)],
}

macro_rules! definitions {
    ($($constant:ident = $oid:literal, $schema:ident, $name:literal, $view:literal => [$($column:tt,)*];)*) => {
        $(
            pub(crate) const $constant: Definition = Definition {
                oid: Oid($oid),
                schema: $schema,
                name: $name,
                view: $view,
                columns: &[$($column),*],
            };
        )*
    };
}

definitions! {
    PG_AGGREGATE = 2600, PG_CATALOG, "pg_aggregate", false => [
        ("aggfnoid", REGPROC), ("aggkind", CHAR), ("aggnumdirectargs", INT2), ("aggtransfn", REGPROC),
        ("aggfinalfn", REGPROC), ("aggcombinefn", REGPROC), ("aggserialfn", REGPROC), ("aggdeserialfn", REGPROC),
        ("aggmtransfn", REGPROC), ("aggminvtransfn", REGPROC), ("aggmfinalfn", REGPROC), ("aggfinalextra", BOOL),
        ("aggmfinalextra", BOOL), ("aggfinalmodify", CHAR), ("aggmfinalmodify", CHAR), ("aggsortop", OID),
        ("aggtranstype", OID), ("aggtransspace", INT4), ("aggmtranstype", OID), ("aggmtransspace", INT4),
        ("agginitval", TEXT), ("aggminitval", TEXT),
    ];
    PG_AM = 2601, PG_CATALOG, "pg_am", false => [
        ("oid", OID), ("amname", NAME), ("amhandler", REGPROC), ("amtype", CHAR),
    ];
    PG_ATTRDEF = 2604, PG_CATALOG, "pg_attrdef", false => [
        ("oid", OID), ("adrelid", OID), ("adnum", INT2), ("adbin", PG_NODE_TREE),
    ];
    PG_ATTRIBUTE = 1249, PG_CATALOG, "pg_attribute", false => [
        ("attrelid", OID), ("attname", NAME), ("atttypid", OID), ("attstattarget", INT4), ("attlen", INT2),
        ("attnum", INT2), ("attndims", INT4), ("attcacheoff", INT4), ("atttypmod", INT4), ("attbyval", BOOL),
        ("attalign", CHAR), ("attstorage", CHAR), ("attcompression", CHAR), ("attnotnull", BOOL), ("atthasdef", BOOL),
        ("atthasmissing", BOOL), ("attidentity", CHAR), ("attgenerated", CHAR), ("attisdropped", BOOL),
        ("attislocal", BOOL), ("attinhcount", INT4), ("attcollation", OID), ("attacl", ACLITEM_ARRAY),
        ("attoptions", TEXT_ARRAY), ("attfdwoptions", TEXT_ARRAY), ("attmissingval", TEXT),
    ];
    PG_AUTH_MEMBERS = 1261, PG_CATALOG, "pg_auth_members", false => [
        ("roleid", OID), ("member", OID), ("grantor", OID), ("admin_option", BOOL),
    ];
    PG_AUTHID = 1260, PG_CATALOG, "pg_authid", false => [
        ("oid", OID), ("rolname", NAME), ("rolsuper", BOOL), ("rolinherit", BOOL), ("rolcreaterole", BOOL),
        ("rolcreatedb", BOOL), ("rolcanlogin", BOOL), ("rolreplication", BOOL), ("rolbypassrls", BOOL),
        ("rolconnlimit", INT4), ("rolpassword", TEXT), ("rolvaliduntil", TIMESTAMPTZ),
    ];
    PG_CAST = 2605, PG_CATALOG, "pg_cast", false => [
        ("oid", OID), ("castsource", OID), ("casttarget", OID), ("castfunc", OID), ("castcontext", CHAR),
        ("castmethod", CHAR),
    ];
    PG_CLASS = 1259, PG_CATALOG, "pg_class", false => [
        ("oid", OID), ("relname", NAME), ("relnamespace", OID), ("reltype", OID), ("reloftype", OID),
        ("relowner", OID), ("relam", OID), ("relfilenode", OID), ("reltablespace", OID), ("relpages", INT4),
        ("reltuples", FLOAT4), ("relallvisible", INT4), ("reltoastrelid", OID), ("relhasindex", BOOL),
        ("relisshared", BOOL), ("relpersistence", CHAR), ("relkind", CHAR), ("relnatts", INT2), ("relchecks", INT2),
        ("relhasrules", BOOL), ("relhastriggers", BOOL), ("relhassubclass", BOOL), ("relrowsecurity", BOOL),
        ("relforcerowsecurity", BOOL), ("relispopulated", BOOL), ("relreplident", CHAR), ("relispartition", BOOL),
        ("relrewrite", OID), ("relfrozenxid", XID), ("relminmxid", XID), ("relacl", ACLITEM_ARRAY),
        ("reloptions", TEXT_ARRAY), ("relpartbound", PG_NODE_TREE),
    ];
    PG_COLLATION = 3456, PG_CATALOG, "pg_collation", false => [
        ("oid", OID), ("collname", NAME), ("collnamespace", OID), ("collowner", OID), ("collprovider", CHAR),
        ("collisdeterministic", BOOL), ("collencoding", INT4), ("collcollate", TEXT), ("collctype", TEXT),
        ("colliculocale", TEXT), ("collversion", TEXT),
    ];
    PG_CONSTRAINT = 2606, PG_CATALOG, "pg_constraint", false => [
        ("oid", OID), ("conname", NAME), ("connamespace", OID), ("contype", CHAR), ("condeferrable", BOOL),
        ("condeferred", BOOL), ("convalidated", BOOL), ("conrelid", OID), ("contypid", OID), ("conindid", OID),
        ("conparentid", OID), ("confrelid", OID), ("confupdtype", CHAR), ("confdeltype", CHAR),
        ("confmatchtype", CHAR), ("conislocal", BOOL), ("coninhcount", INT4), ("connoinherit", BOOL),
        ("conkey", INT2_ARRAY), ("confkey", INT2_ARRAY), ("conpfeqop", OID_ARRAY), ("conppeqop", OID_ARRAY),
        ("conffeqop", OID_ARRAY), ("confdelsetcols", INT2_ARRAY), ("conexclop", OID_ARRAY), ("conbin", PG_NODE_TREE),
    ];
    PG_DATABASE = 1262, PG_CATALOG, "pg_database", false => [
        ("oid", OID), ("datname", NAME), ("datdba", OID), ("encoding", INT4), ("datlocprovider", CHAR),
        ("datistemplate", BOOL), ("datallowconn", BOOL), ("datconnlimit", INT4), ("datfrozenxid", XID),
        ("datminmxid", XID), ("dattablespace", OID), ("datcollate", TEXT), ("datctype", TEXT), ("daticulocale", TEXT),
        ("datcollversion", TEXT), ("datacl", ACLITEM_ARRAY),
    ];
    PG_DEFAULT_ACL = 826, PG_CATALOG, "pg_default_acl", false => [
        ("oid", OID), ("defaclrole", OID), ("defaclnamespace", OID), ("defaclobjtype", CHAR),
        ("defaclacl", ACLITEM_ARRAY),
    ];
    PG_DEPEND = 2608, PG_CATALOG, "pg_depend", false => [
        ("classid", OID), ("objid", OID), ("objsubid", INT4), ("refclassid", OID), ("refobjid", OID),
        ("refobjsubid", INT4), ("deptype", CHAR),
    ];
    PG_DESCRIPTION = 2609, PG_CATALOG, "pg_description", false => [
        ("objoid", OID), ("classoid", OID), ("objsubid", INT4), ("description", TEXT),
    ];
    PG_ENUM = 3501, PG_CATALOG, "pg_enum", false => [
        ("oid", OID), ("enumtypid", OID), ("enumsortorder", FLOAT4), ("enumlabel", NAME),
    ];
    PG_EVENT_TRIGGER = 3466, PG_CATALOG, "pg_event_trigger", false => [
        ("oid", OID), ("evtname", NAME), ("evtevent", NAME), ("evtowner", OID), ("evtfoid", OID),
        ("evtenabled", CHAR), ("evttags", TEXT_ARRAY),
    ];
    PG_EXTENSION = 3079, PG_CATALOG, "pg_extension", false => [
        ("oid", OID), ("extname", NAME), ("extowner", OID), ("extnamespace", OID), ("extrelocatable", BOOL),
        ("extversion", TEXT), ("extconfig", OID_ARRAY), ("extcondition", TEXT_ARRAY),
    ];
    PG_FOREIGN_DATA_WRAPPER = 2328, PG_CATALOG, "pg_foreign_data_wrapper", false => [
        ("oid", OID), ("fdwname", NAME), ("fdwowner", OID), ("fdwhandler", OID), ("fdwvalidator", OID),
        ("fdwacl", ACLITEM_ARRAY), ("fdwoptions", TEXT_ARRAY),
    ];
    PG_FOREIGN_SERVER = 1417, PG_CATALOG, "pg_foreign_server", false => [
        ("oid", OID), ("srvname", NAME), ("srvowner", OID), ("srvfdw", OID), ("srvtype", TEXT), ("srvversion", TEXT),
        ("srvacl", ACLITEM_ARRAY), ("srvoptions", TEXT_ARRAY),
    ];
    PG_FOREIGN_TABLE = 3118, PG_CATALOG, "pg_foreign_table", false => [
        ("ftrelid", OID), ("ftserver", OID), ("ftoptions", TEXT_ARRAY),
    ];
    PG_INDEX = 2610, PG_CATALOG, "pg_index", false => [
        ("indexrelid", OID), ("indrelid", OID), ("indnatts", INT2), ("indnkeyatts", INT2), ("indisunique", BOOL),
        ("indnullsnotdistinct", BOOL), ("indisprimary", BOOL), ("indisexclusion", BOOL), ("indimmediate", BOOL),
        ("indisclustered", BOOL), ("indisvalid", BOOL), ("indcheckxmin", BOOL), ("indisready", BOOL),
        ("indislive", BOOL), ("indisreplident", BOOL), ("indkey", INT2VECTOR), ("indcollation", OIDVECTOR),
        ("indclass", OIDVECTOR), ("indoption", INT2VECTOR), ("indexprs", PG_NODE_TREE), ("indpred", PG_NODE_TREE),
    ];
    PG_INDEXES = 12043, PG_CATALOG, "pg_indexes", true => [
        ("schemaname", NAME), ("tablename", NAME), ("indexname", NAME), ("tablespace", NAME), ("indexdef", TEXT),
    ];
    PG_INHERITS = 2611, PG_CATALOG, "pg_inherits", false => [
        ("inhrelid", OID), ("inhparent", OID), ("inhseqno", INT4), ("inhdetachpending", BOOL),
    ];
    PG_LANGUAGE = 2612, PG_CATALOG, "pg_language", false => [
        ("oid", OID), ("lanname", NAME), ("lanowner", OID), ("lanispl", BOOL), ("lanpltrusted", BOOL),
        ("lanplcallfoid", OID), ("laninline", OID), ("lanvalidator", OID), ("lanacl", ACLITEM_ARRAY),
    ];
    PG_LARGEOBJECT_METADATA = 2995, PG_CATALOG, "pg_largeobject_metadata", false => [
        ("oid", OID), ("lomowner", OID), ("lomacl", ACLITEM_ARRAY),
    ];
    PG_MATVIEWS = 12038, PG_CATALOG, "pg_matviews", true => [
        ("schemaname", NAME), ("matviewname", NAME), ("matviewowner", NAME), ("tablespace", NAME),
        ("hasindexes", BOOL), ("ispopulated", BOOL), ("definition", TEXT),
    ];
    PG_NAMESPACE = 2615, PG_CATALOG, "pg_namespace", false => [
        ("oid", OID), ("nspname", NAME), ("nspowner", OID), ("nspacl", ACLITEM_ARRAY),
    ];
    PG_OPCLASS = 2616, PG_CATALOG, "pg_opclass", false => [
        ("oid", OID), ("opcmethod", OID), ("opcname", NAME), ("opcnamespace", OID), ("opcowner", OID),
        ("opcfamily", OID), ("opcintype", OID), ("opcdefault", BOOL), ("opckeytype", OID),
    ];
    PG_OPERATOR = 2617, PG_CATALOG, "pg_operator", false => [
        ("oid", OID), ("oprname", NAME), ("oprnamespace", OID), ("oprowner", OID), ("oprkind", CHAR),
        ("oprcanmerge", BOOL), ("oprcanhash", BOOL), ("oprleft", OID), ("oprright", OID), ("oprresult", OID),
        ("oprcom", OID), ("oprnegate", OID), ("oprcode", REGPROC), ("oprrest", REGPROC), ("oprjoin", REGPROC),
    ];
    PG_PARTITIONED_TABLE = 3350, PG_CATALOG, "pg_partitioned_table", false => [
        ("partrelid", OID), ("partstrat", CHAR), ("partnatts", INT2), ("partdefid", OID), ("partattrs", INT2VECTOR),
        ("partclass", OIDVECTOR), ("partcollation", OIDVECTOR), ("partexprs", PG_NODE_TREE),
    ];
    PG_POLICY = 3256, PG_CATALOG, "pg_policy", false => [
        ("oid", OID), ("polname", NAME), ("polrelid", OID), ("polcmd", CHAR), ("polpermissive", BOOL),
        ("polroles", OID_ARRAY), ("polqual", PG_NODE_TREE), ("polwithcheck", PG_NODE_TREE),
    ];
    PG_PREPARED_XACTS = 12090, PG_CATALOG, "pg_prepared_xacts", true => [
        ("transaction", XID), ("gid", TEXT), ("prepared", TIMESTAMPTZ), ("owner", NAME), ("database", NAME),
    ];
    PG_PROC = 1255, PG_CATALOG, "pg_proc", false => [
        ("oid", OID), ("proname", NAME), ("pronamespace", OID), ("proowner", OID), ("prolang", OID),
        ("procost", FLOAT4), ("prorows", FLOAT4), ("provariadic", OID), ("prosupport", REGPROC), ("prokind", CHAR),
        ("prosecdef", BOOL), ("proleakproof", BOOL), ("proisstrict", BOOL), ("proretset", BOOL),
        ("provolatile", CHAR), ("proparallel", CHAR), ("pronargs", INT2), ("pronargdefaults", INT2),
        ("prorettype", OID), ("proargtypes", OIDVECTOR), ("proallargtypes", OID_ARRAY), ("proargmodes", CHAR_ARRAY),
        ("proargnames", TEXT_ARRAY), ("proargdefaults", PG_NODE_TREE), ("protrftypes", OID_ARRAY), ("prosrc", TEXT),
        ("probin", TEXT), ("prosqlbody", PG_NODE_TREE), ("proconfig", TEXT_ARRAY), ("proacl", ACLITEM_ARRAY),
    ];
    PG_PUBLICATION = 6104, PG_CATALOG, "pg_publication", false => [
        ("oid", OID), ("pubname", NAME), ("pubowner", OID), ("puballtables", BOOL), ("pubinsert", BOOL),
        ("pubupdate", BOOL), ("pubdelete", BOOL), ("pubtruncate", BOOL), ("pubviaroot", BOOL),
    ];
    PG_PUBLICATION_NAMESPACE = 6237, PG_CATALOG, "pg_publication_namespace", false => [
        ("oid", OID), ("pnpubid", OID), ("pnnspid", OID),
    ];
    PG_PUBLICATION_REL = 6106, PG_CATALOG, "pg_publication_rel", false => [
        ("oid", OID), ("prpubid", OID), ("prrelid", OID), ("prqual", PG_NODE_TREE), ("prattrs", INT2VECTOR),
    ];
    PG_RANGE = 3541, PG_CATALOG, "pg_range", false => [
        ("rngtypid", OID), ("rngsubtype", OID), ("rngmultitypid", OID), ("rngcollation", OID), ("rngsubopc", OID),
        ("rngcanonical", REGPROC), ("rngsubdiff", REGPROC),
    ];
    PG_REWRITE = 2618, PG_CATALOG, "pg_rewrite", false => [
        ("oid", OID), ("rulename", NAME), ("ev_class", OID), ("ev_type", CHAR), ("ev_enabled", CHAR),
        ("is_instead", BOOL), ("ev_qual", PG_NODE_TREE), ("ev_action", PG_NODE_TREE),
    ];
    PG_ROLES = 12000, PG_CATALOG, "pg_roles", true => [
        ("rolname", NAME), ("rolsuper", BOOL), ("rolinherit", BOOL), ("rolcreaterole", BOOL), ("rolcreatedb", BOOL),
        ("rolcanlogin", BOOL), ("rolreplication", BOOL), ("rolconnlimit", INT4), ("rolpassword", TEXT),
        ("rolvaliduntil", TIMESTAMPTZ), ("rolbypassrls", BOOL), ("rolconfig", TEXT_ARRAY), ("oid", OID),
    ];
    PG_SECLABEL = 3596, PG_CATALOG, "pg_seclabel", false => [
        ("objoid", OID), ("classoid", OID), ("objsubid", INT4), ("provider", TEXT), ("label", TEXT),
    ];
    PG_SEQUENCE = 2224, PG_CATALOG, "pg_sequence", false => [
        ("seqrelid", OID), ("seqtypid", OID), ("seqstart", INT8), ("seqincrement", INT8), ("seqmax", INT8),
        ("seqmin", INT8), ("seqcache", INT8), ("seqcycle", BOOL),
    ];
    PG_SEQUENCES = 12048, PG_CATALOG, "pg_sequences", true => [
        ("schemaname", NAME), ("sequencename", NAME), ("sequenceowner", NAME), ("data_type", REGTYPE),
        ("start_value", INT8), ("min_value", INT8), ("max_value", INT8), ("increment_by", INT8), ("cycle", BOOL),
        ("cache_size", INT8), ("last_value", INT8),
    ];
    PG_SETTINGS = 12104, PG_CATALOG, "pg_settings", true => [
        ("name", TEXT), ("setting", TEXT), ("unit", TEXT), ("category", TEXT), ("short_desc", TEXT),
        ("extra_desc", TEXT), ("context", TEXT), ("vartype", TEXT), ("source", TEXT), ("min_val", TEXT),
        ("max_val", TEXT), ("enumvals", TEXT_ARRAY), ("boot_val", TEXT), ("reset_val", TEXT), ("sourcefile", TEXT),
        ("sourceline", INT4), ("pending_restart", BOOL),
    ];
    PG_SHDEPEND = 1214, PG_CATALOG, "pg_shdepend", false => [
        ("dbid", OID), ("classid", OID), ("objid", OID), ("objsubid", INT4), ("refclassid", OID), ("refobjid", OID),
        ("deptype", CHAR),
    ];
    PG_SHDESCRIPTION = 2396, PG_CATALOG, "pg_shdescription", false => [
        ("objoid", OID), ("classoid", OID), ("description", TEXT),
    ];
    PG_SHSECLABEL = 3592, PG_CATALOG, "pg_shseclabel", false => [
        ("objoid", OID), ("classoid", OID), ("provider", TEXT), ("label", TEXT),
    ];
    PG_STATISTIC_EXT = 3381, PG_CATALOG, "pg_statistic_ext", false => [
        ("oid", OID), ("stxrelid", OID), ("stxname", NAME), ("stxnamespace", OID), ("stxowner", OID),
        ("stxstattarget", INT4), ("stxkeys", INT2VECTOR), ("stxkind", CHAR_ARRAY), ("stxexprs", PG_NODE_TREE),
    ];
    PG_TABLES = 12033, PG_CATALOG, "pg_tables", true => [
        ("schemaname", NAME), ("tablename", NAME), ("tableowner", NAME), ("tablespace", NAME), ("hasindexes", BOOL),
        ("hasrules", BOOL), ("hastriggers", BOOL), ("rowsecurity", BOOL),
    ];
    PG_TABLESPACE = 1213, PG_CATALOG, "pg_tablespace", false => [
        ("oid", OID), ("spcname", NAME), ("spcowner", OID), ("spcacl", ACLITEM_ARRAY), ("spcoptions", TEXT_ARRAY),
    ];
    PG_TRIGGER = 2620, PG_CATALOG, "pg_trigger", false => [
        ("oid", OID), ("tgrelid", OID), ("tgparentid", OID), ("tgname", NAME), ("tgfoid", OID), ("tgtype", INT2),
        ("tgenabled", CHAR), ("tgisinternal", BOOL), ("tgconstrrelid", OID), ("tgconstrindid", OID),
        ("tgconstraint", OID), ("tgdeferrable", BOOL), ("tginitdeferred", BOOL), ("tgnargs", INT2),
        ("tgattr", INT2VECTOR), ("tgargs", BYTEA), ("tgqual", PG_NODE_TREE), ("tgoldtable", NAME),
        ("tgnewtable", NAME),
    ];
    PG_TYPE = 1247, PG_CATALOG, "pg_type", false => [
        ("oid", OID), ("typname", NAME), ("typnamespace", OID), ("typowner", OID), ("typlen", INT2),
        ("typbyval", BOOL), ("typtype", CHAR), ("typcategory", CHAR), ("typispreferred", BOOL),
        ("typisdefined", BOOL), ("typdelim", CHAR), ("typrelid", OID), ("typsubscript", REGPROC), ("typelem", OID),
        ("typarray", OID), ("typinput", REGPROC), ("typoutput", REGPROC), ("typreceive", REGPROC),
        ("typsend", REGPROC), ("typmodin", REGPROC), ("typmodout", REGPROC), ("typanalyze", REGPROC),
        ("typalign", CHAR), ("typstorage", CHAR), ("typnotnull", BOOL), ("typbasetype", OID), ("typtypmod", INT4),
        ("typndims", INT4), ("typcollation", OID), ("typdefaultbin", PG_NODE_TREE), ("typdefault", TEXT),
        ("typacl", ACLITEM_ARRAY),
    ];
    PG_USER = 12014, PG_CATALOG, "pg_user", true => [
        ("usename", NAME), ("usesysid", OID), ("usecreatedb", BOOL), ("usesuper", BOOL), ("userepl", BOOL),
        ("usebypassrls", BOOL), ("passwd", TEXT), ("valuntil", TIMESTAMPTZ), ("useconfig", TEXT_ARRAY),
    ];
    PG_VIEWS = 12028, PG_CATALOG, "pg_views", true => [
        ("schemaname", NAME), ("viewname", NAME), ("viewowner", NAME), ("definition", TEXT),
    ];
    INFO_CHECK_CONSTRAINTS = 13260, INFORMATION_SCHEMA, "check_constraints", true => [
        ("constraint_catalog", NAME), ("constraint_schema", NAME), ("constraint_name", NAME),
        ("check_clause", VARCHAR),
    ];
    INFO_COLUMNS = 13295, INFORMATION_SCHEMA, "columns", true => [
        ("table_catalog", NAME), ("table_schema", NAME), ("table_name", NAME), ("column_name", NAME),
        ("ordinal_position", INT4), ("column_default", VARCHAR), ("is_nullable", VARCHAR), ("data_type", VARCHAR),
        ("character_maximum_length", INT4), ("character_octet_length", INT4), ("numeric_precision", INT4),
        ("numeric_precision_radix", INT4), ("numeric_scale", INT4), ("datetime_precision", INT4),
        ("interval_type", VARCHAR), ("interval_precision", INT4), ("character_set_catalog", NAME),
        ("character_set_schema", NAME), ("character_set_name", NAME), ("collation_catalog", NAME),
        ("collation_schema", NAME), ("collation_name", NAME), ("domain_catalog", NAME), ("domain_schema", NAME),
        ("domain_name", NAME), ("udt_catalog", NAME), ("udt_schema", NAME), ("udt_name", NAME),
        ("scope_catalog", NAME), ("scope_schema", NAME), ("scope_name", NAME), ("maximum_cardinality", INT4),
        ("dtd_identifier", NAME), ("is_self_referencing", VARCHAR), ("is_identity", VARCHAR),
        ("identity_generation", VARCHAR), ("identity_start", VARCHAR), ("identity_increment", VARCHAR),
        ("identity_maximum", VARCHAR), ("identity_minimum", VARCHAR), ("identity_cycle", VARCHAR),
        ("is_generated", VARCHAR), ("generation_expression", VARCHAR), ("is_updatable", VARCHAR),
    ];
    INFO_CONSTRAINT_COLUMN_USAGE = 13300, INFORMATION_SCHEMA, "constraint_column_usage", true => [
        ("table_catalog", NAME), ("table_schema", NAME), ("table_name", NAME), ("column_name", NAME),
        ("constraint_catalog", NAME), ("constraint_schema", NAME), ("constraint_name", NAME),
    ];
    INFO_KEY_COLUMN_USAGE = 13329, INFORMATION_SCHEMA, "key_column_usage", true => [
        ("constraint_catalog", NAME), ("constraint_schema", NAME), ("constraint_name", NAME), ("table_catalog", NAME),
        ("table_schema", NAME), ("table_name", NAME), ("column_name", NAME), ("ordinal_position", INT4),
        ("position_in_unique_constraint", INT4),
    ];
    INFO_REFERENTIAL_CONSTRAINTS = 13339, INFORMATION_SCHEMA, "referential_constraints", true => [
        ("constraint_catalog", NAME), ("constraint_schema", NAME), ("constraint_name", NAME),
        ("unique_constraint_catalog", NAME), ("unique_constraint_schema", NAME), ("unique_constraint_name", NAME),
        ("match_option", VARCHAR), ("update_rule", VARCHAR), ("delete_rule", VARCHAR),
    ];
    INFO_SCHEMATA = 13382, INFORMATION_SCHEMA, "schemata", true => [
        ("catalog_name", NAME), ("schema_name", NAME), ("schema_owner", NAME),
        ("default_character_set_catalog", NAME), ("default_character_set_schema", NAME),
        ("default_character_set_name", NAME), ("sql_path", VARCHAR),
    ];
    INFO_SEQUENCES = 13386, INFORMATION_SCHEMA, "sequences", true => [
        ("sequence_catalog", NAME), ("sequence_schema", NAME), ("sequence_name", NAME), ("data_type", VARCHAR),
        ("numeric_precision", INT4), ("numeric_precision_radix", INT4), ("numeric_scale", INT4),
        ("start_value", VARCHAR), ("minimum_value", VARCHAR), ("maximum_value", VARCHAR), ("increment", VARCHAR),
        ("cycle_option", VARCHAR),
    ];
    INFO_TABLE_CONSTRAINTS = 13411, INFORMATION_SCHEMA, "table_constraints", true => [
        ("constraint_catalog", NAME), ("constraint_schema", NAME), ("constraint_name", NAME), ("table_catalog", NAME),
        ("table_schema", NAME), ("table_name", NAME), ("constraint_type", VARCHAR), ("is_deferrable", VARCHAR),
        ("initially_deferred", VARCHAR), ("enforced", VARCHAR), ("nulls_distinct", VARCHAR),
    ];
    INFO_TABLES = 13425, INFORMATION_SCHEMA, "tables", true => [
        ("table_catalog", NAME), ("table_schema", NAME), ("table_name", NAME), ("table_type", VARCHAR),
        ("self_referencing_column_name", NAME), ("reference_generation", VARCHAR),
        ("user_defined_type_catalog", NAME), ("user_defined_type_schema", NAME), ("user_defined_type_name", NAME),
        ("is_insertable_into", VARCHAR), ("is_typed", VARCHAR), ("commit_action", VARCHAR),
    ];
    INFO_VIEWS = 13483, INFORMATION_SCHEMA, "views", true => [
        ("table_catalog", NAME), ("table_schema", NAME), ("table_name", NAME), ("view_definition", VARCHAR),
        ("check_option", VARCHAR), ("is_updatable", VARCHAR), ("is_insertable_into", VARCHAR),
        ("is_trigger_updatable", VARCHAR), ("is_trigger_deletable", VARCHAR), ("is_trigger_insertable_into", VARCHAR),
    ];
}
