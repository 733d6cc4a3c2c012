//! Runs [`vaultdrill_fuzz::scrub`] on whatever the fuzzer makes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vaultdrill_fuzz::scrub(data));
