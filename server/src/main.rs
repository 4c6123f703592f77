//! The `cairn` binary: the server with its built-in engines. Everything is in the library beside it.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    cairn::main(&[])
}
