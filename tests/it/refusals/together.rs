//! What keeps a command from sending is reported in one run.

use crate::support::newsletter::Newsletter;

#[test]
fn a_theme_a_secret_a_file_and_a_schedule_are_reported_together() {
    let newsletter = Newsletter::outbox()
        .set("delivery.via", "\"smtp\"")
        .set("smtp.url", "\"smtps://localhost\"")
        .set("smtp.user", "\"me\"")
        .set("smtp.ca_file", "\"missing.pem\"")
        .set("newsletter.theme", "\"nowhere\"");
    let issue = newsletter.issue("one");
    let due = newsletter.expect(3, &["due"]);
    insta::assert_snapshot!(due.plain_stderr(), @r"
    error: there are 4 problems to solve first
      1: there is no theme `nowhere`: FOLDER/email-templates/nowhere does not exist, and the program has none of that name
      2: postrider.toml has no `[schedule]`
      3: the SMTP password is not set: give a systemd credential `smtp_password`, name a file in POSTRIDER_SMTP_PASSWORD_FILE, or set POSTRIDER_SMTP_PASSWORD
      4: cannot read `[smtp] ca_file` FOLDER/missing.pem: No such file or directory (os error NUMBER)
    hint: Set `[newsletter] theme` to a folder that exists.
    hint: Set `[schedule] time` and `time_zone` in postrider.toml.
    ");
    let send = newsletter.expect(3, &["send", &issue]);
    assert!(send.error().starts_with("there are 3 problems to"), "{send}");
    // With a theme that can be used, the route alone is at fault.
    let newsletter = newsletter.set("newsletter.theme", "\"weekly\"");
    let due = newsletter.expect(2, &["due"]);
    assert!(due.error().starts_with("there are 3 problems to"), "{due}");
}
