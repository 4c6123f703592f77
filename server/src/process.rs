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

/// Tells whoever started the process that it is ready. They may have stopped listening.
pub(crate) fn announce(message: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{message}");
}

/// Says on standard error why the process ends. Where that is a file on a full disk there is nobody to tell, and no reason to end
/// otherwise.
pub(crate) fn tell(message: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "cairn: {message}");
}

/// Lets a write beyond the limit for a file's size (`ulimit -f`) end in an error like any other, not in the end of the process.
pub(crate) fn let_large_writes_fail() {
    // SAFETY: ignoring a signal installs no handler. Where it fails, the signal keeps its meaning.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Gives the calling thread a processor only where no other thread wants it (Linux' SCHED_IDLE): a core's thread that wakes
/// up takes the place of such a thread at once. A low priority alone would let it finish its time slice of milliseconds.
pub(crate) fn only_when_idle() {
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: the call reads the parameters, which outlive it; 0 is the calling thread. Where it fails, the thread keeps
    // its policy.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const parameters) };
}

/// Gives the calling thread a tenth of the weight of others that want the processor, too.
pub(crate) fn step_back() {
    // SAFETY: the call takes three numbers; 0 is the calling thread. Where it fails, the thread keeps its priority.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, BACKGROUND_NICE) };
}
