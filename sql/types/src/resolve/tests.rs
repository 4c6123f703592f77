//! Resolution against PostgreSQL's answers.
