//! See `cairn_fuzz_targets::config`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cairn_fuzz_targets::config::run(bytes));
