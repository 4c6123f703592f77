//! Deliberate bugs, for tests that test the tests.
//!
//! `fault!(Name)` in production code is the literal `false` in every build that serves users. With the feature
//! `deliberate-bugs`, which only tests of tests turn on, it asks whether that one bug is switched on in this process. Each of
//! them is one line. Those of `Fault::ALL` must turn a check of the simulator red, those of `Fault::THREADS` need two
//! threads and are for the model checker, the sanitizers and the torture test of memtx.

/// Is this deliberate bug switched on? `false` without the feature `deliberate-bugs`.
#[cfg(not(feature = "deliberate-bugs"))]
#[macro_export]
macro_rules! fault {
    ($name:ident) => {
        false
    };
}

/// Is this deliberate bug switched on? `false` without the feature `deliberate-bugs`.
#[cfg(feature = "deliberate-bugs")]
#[macro_export]
macro_rules! fault {
    ($name:ident) => {
        $crate::fault::is_on($crate::fault::Fault::$name)
    };
}

#[cfg(feature = "deliberate-bugs")]
pub use selected::*;

#[cfg(feature = "deliberate-bugs")]
mod selected {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    macro_rules! faults {
        (simulator { $($name:ident: $what:literal,)* } threads { $($race:ident: $how:literal,)* }) => {
            /// The deliberate bugs.
            #[derive(Clone, Copy, PartialEq, Eq, Debug)]
            pub enum Fault {
                $(#[doc = $what] $name,)*
                $(#[doc = $how] $race,)*
            }

            impl Fault {
                /// All that the simulator must notice.
                pub const ALL: &[Self] = &[$(Self::$name,)*];

                /// Those of memory shared by threads, which the simulator cannot see.
                pub const THREADS: &[Self] = &[$(Self::$race,)*];

                /// What the bug does, in words.
                pub const fn what(self) -> &'static str {
                    match self {
                        $(Self::$name => $what,)*
                        $(Self::$race => $how,)*
                    }
                }
            }
        };
    }

    faults! { simulator {
        SkipPointValidation: "a commit does not validate the rows it read",
        SkipRangeValidation: "a commit does not validate the ranges it read",
        SkipGuards: "a commit does not validate what constraints read",
        ForgetTheWindow: "what the window of recent commits has forgotten counts as unchanged",
        ReuseATimestamp: "a commit takes the timestamp of the one before",
        TwoHolders: "a lock is granted whoever holds it",
        NoCatchUp: "a lock is granted without looking for a newer version",
        LostWakeUp: "a released lock wakes nobody",
        NoDeadlockSearch: "nobody looks for deadlocks",
        OrphansStay: "a transaction that was dropped is never cleaned up",
        AnswerUnstableReads: "a reader of unstable versions is answered at once",
        WatermarkIgnoresSnapshots: "the watermark passes open snapshots",
        OverlayForgetsEarly: "the overlay drops versions that the slow engine has not applied",
        ScanSkipsTheOverlay: "scans do not look at the overlay",
        RollbackKeepsWrites: "ROLLBACK TO keeps what was written",
        RestartKeepsWrites: "a statement that runs again keeps what it wrote",
        ApplyOutOfOrder: "durable records go to the engines newest first",
        CheckpointClaimsTooMuch: "a checkpoint claims what a slow engine has not applied",
        AnswerBeforeSync: "records are called durable when they are submitted",
        IgnoreAFailedSync: "a failed write or sync of the log is ignored",
        TruncateTooFar: "a checkpoint releases the log up to the newest record",
        GroupsOutOfOrder: "the log writes the newest group first",
        SkipTheChecksum: "frames are not checked against their checksum",
        ReadTheEndOnce: "recovery believes one read of the log's end",
        NoRewrite: "recovery does not write again what no batch vouches for",
        NoWitness: "recovery cuts the log at damage without looking behind it",
        CollectTooMuch: "memtx collects up to the newest commit, whatever the watermark",
        ImageNotSynced: "memtx renames an image that is not synced",
        ImageNameNotSynced: "memtx does not sync the directory of a new image",
        CursorSkipsARow: "a memtx cursor loses a row between two rounds",
    } threads {
        PublishRelaxed: "memtx publishes an edge of the tree without ordering what it leads to",
        FreeAtOnce: "memtx frees what it has replaced without waiting for readers",
        LinkLate: "memtx publishes a new version before it links the older ones to it",
        LoseMemory: "memtx counts memory as freed and does not free it",
    } }

    /// 0: none; otherwise one more than the bug's number.
    static ON: AtomicU32 = AtomicU32::new(0);

    /// Switches one bug on in this process, or all off.
    pub fn switch(fault: Option<Fault>) {
        ON.store(fault.map_or(0, |fault| fault as u32 + 1), Relaxed);
    }

    /// Switches on the bug that an environment variable names, or all off where it is not set. The error is a name that no
    /// bug has.
    pub fn switch_from_environment(variable: &str) -> Result<(), String> {
        let Ok(name) = std::env::var(variable) else {
            switch(None);
            return Ok(());
        };
        let mut all = Fault::ALL.iter().chain(Fault::THREADS);
        let fault = all.find(|fault| format!("{fault:?}") == name).ok_or(name)?;
        switch(Some(*fault));
        Ok(())
    }

    /// Is this bug switched on?
    pub fn is_on(fault: Fault) -> bool {
        ON.load(Relaxed) == fault as u32 + 1
    }
}
