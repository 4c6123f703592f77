//! A measured limit on recursion, like PostgreSQL's `max_stack_depth`: the distance between two addresses on the stack.

use cairn_sql_types::{SqlError, SqlState};

/// Stack that one parse or bind may use, in bytes. Threads that parse need twice this.
const STACK_BYTES_MAX: usize = 1 << 20;

/// Remembers where on the stack the work began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StackGuard(usize);

impl StackGuard {
    #[inline(never)]
    pub(crate) fn new() -> Self {
        Self(address())
    }

    /// 54001 when too much stack is in use.
    pub(crate) fn check(self) -> Result<(), SqlError> {
        if self.0.abs_diff(address()) > STACK_BYTES_MAX { Err(too_deep()) } else { Ok(()) }
    }
}

/// An address in the caller's neighbourhood on the stack.
#[inline(never)]
fn address() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

/// PostgreSQL's words for it.
pub(crate) fn too_deep() -> SqlError {
    SqlError::new(SqlState::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded")
        .hint("The statement nests too deeply; write it with fewer levels.")
}
