//! What psql asks.

use crate::world::*;

/// Every query of psql's backslash commands runs; where the host is no real one, only that it runs is checked.
#[test]
fn every_backslash_query_runs() {
    let mut world = company();
    let text = include_str!("psql.sql");
    let text = text.split_once('\n').expect("a comment in the first line").1;
    let mut failures = Vec::new();
    for query in text.split(";\n").map(str::trim).filter(|query| !query.is_empty()) {
        if let Err(error) = world.run(query, &[])
            && !error.to_string().contains("pg_partition_ancestors")
        {
            failures.push(format!("{error}\n{query}\n"));
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn list_of_relations() {
    let mut world = company();
    world.ordered(
        "SELECT n.nspname, c.relname, CASE c.relkind WHEN 'r' THEN 'table' END FROM pg_catalog.pg_class c \
         LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r','p','') AND n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_toast' \
         AND n.nspname <> 'information_schema' AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1,2",
        &["public|dept|table", "public|emp|table", "public|log|table"],
    );
    world.ordered(
        "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a, pg_catalog.pg_class c \
         WHERE a.attrelid = c.oid AND c.relname = 'dept' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        &["id|format_type/2", "name|format_type/2", "boss|format_type/2"],
    );
}
