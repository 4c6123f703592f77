//! See `cairn_fuzz_targets::sql`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cairn_fuzz_targets::sql::run(bytes));
