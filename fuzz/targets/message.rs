#![no_main]

#[expect(dead_code, reason = "a target holds one of the laws")]
#[path = "../../tests/it/laws/mod.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::message::check(data));
