//! The short executor on a whole core: typed trees in, rows and errors out.

mod queries;
mod trees;
mod world;
mod writes;
