//! Patterns against PostgreSQL's answers.
