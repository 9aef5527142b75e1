//! Feeds arbitrary bytes to the renderer as an issue.

#![no_main]

#[path = "../it/support/any_bytes.rs"]
mod any_bytes;
#[path = "../it/support/mail_rules.rs"]
mod mail_rules;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(fault) = any_bytes::try_as_an_issue(bytes) {
        panic!("{fault}");
    }
});
