//! axe-core in Chromium finds no defect in the samples and the real issues, in light
//! and in dark, and finds every damage that a test does to a mail.

use std::process::Command;

use crate::support::rendering::root;

#[test]
#[ignore = "needs Chromium, node and npm"]
fn nothing_serious_is_found_in_a_browser_in_light_or_dark() {
    judge(&["--self-test"]);
    judge(&[]);
}

fn judge(options: &[&str]) {
    let mut command = Command::new("node");
    command.arg("tests/judges/browser/judge.mjs").args(options);
    command.env("POSTRIDER", env!("CARGO_BIN_EXE_postrider")).current_dir(root());
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
