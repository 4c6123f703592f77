//! Queries as text, through the binder, on the pool; answers as PostgreSQL gives them.

mod joins;
mod psql;
mod queries;
mod subqueries;
mod world;
