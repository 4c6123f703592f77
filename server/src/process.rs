//! What the server asks of the operating system about its own process and threads.

/// Nice value of threads that work in the background.
const BACKGROUND_NICE: libc::c_int = 10;

/// Ends the process at once. RocksDB's threads may still be at work, and must not meet the destructors of C++'s statics.
pub(crate) fn leave(code: libc::c_int) -> ! {
    use std::io::Write;
    // Standard output is gone: there is nobody to tell.
    let _ = std::io::stdout().flush();
    // SAFETY: _exit takes any code, runs no handler and does not return.
    unsafe { libc::_exit(code) }
}

/// Lets all other threads go first: for threads whose work may take long while short statements run on the core.
pub(crate) fn step_back() {
    // SAFETY: the call takes three numbers; 0 is the calling thread. Where it fails, the thread keeps its priority.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, BACKGROUND_NICE) };
}
