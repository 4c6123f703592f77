//! See `cairn_fuzz_targets::keys`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cairn_fuzz_targets::keys::run(bytes));
