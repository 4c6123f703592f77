//! See `cairn_fuzz_targets::wire`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cairn_fuzz_targets::wire::run(bytes));
