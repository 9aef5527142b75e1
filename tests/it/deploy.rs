//! The files in `deploy/` follow the rules that the manual states.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const UNITS: [&str; 3] =
    ["postrider-due.service", "postrider-serve.service", "postrider-due.timer"];

/// What both services deny themselves.
const HARDENING: [(&str, &str); 22] = [
    ("User", "postrider"),
    ("UMask", "0077"),
    ("ProtectSystem", "strict"),
    ("ReadWritePaths", "/srv/newsletter/subscribers"),
    ("ProtectHome", "yes"),
    ("PrivateTmp", "yes"),
    ("PrivateDevices", "yes"),
    ("ProtectProc", "invisible"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectControlGroups", "yes"),
    ("NoNewPrivileges", "yes"),
    ("CapabilityBoundingSet", ""),
    ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
    ("RestrictNamespaces", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("LockPersonality", "yes"),
    ("MemoryDenyWriteExecute", "yes"),
    ("SystemCallArchitectures", "native"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged @resources"),
];

/// The commands that deploy files may use, with their flags.
const COMMANDS: [(&str, &[&str]); 11] = [
    ("adopt", &[]),
    ("cancel", &["--undo"]),
    ("check", &["--format"]),
    ("due", &["--next", "--switch-on"]),
    ("new", &[]),
    ("preview", &["--out"]),
    ("proof", &[]),
    ("send", &["--in-doubt", "--retry"]),
    ("serve", &["--listen"]),
    ("status", &[]),
    ("subscribers", &["--new-address"]),
];

/// What the program is typed as.
const PROGRAMS: [&str; 2] = ["postrider ", "postrider-as-sender "];

/// The flags that every command takes.
const GLOBAL_FLAGS: [&str; 1] = ["--root"];

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(deploy().join(name)).unwrap()
}

/// The directives of a unit: section and key, and every value in its order.
fn unit(name: &str) -> BTreeMap<(String, String), Vec<String>> {
    let mut section = String::new();
    let mut directives: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for line in read(&format!("systemd/{name}")).lines() {
        match line.trim() {
            "" => {}
            line if line.starts_with('#') => {}
            line if line.starts_with('[') => section = line.trim_matches(['[', ']']).to_owned(),
            line => {
                let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{name}: {line}"));
                directives
                    .entry((section.clone(), key.to_owned()))
                    .or_default()
                    .push(value.to_owned());
            }
        }
    }
    directives
}

fn values(name: &str, section: &str, key: &str) -> Vec<String> {
    unit(name).remove(&(section.to_owned(), key.to_owned())).unwrap_or_default()
}

/// The one value of a directive.
fn value(name: &str, section: &str, key: &str) -> String {
    let found = values(name, section, key);
    assert_eq!(found.len(), 1, "{name}: {key} in [{section}]: {found:?}");
    found[0].clone()
}

/// Every file in `deploy/` with its text.
fn files() -> Vec<(String, String)> {
    let mut folders = vec![deploy()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((
                    path.strip_prefix(deploy()).unwrap().display().to_string(),
                    std::fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    found.sort();
    assert!(found.len() >= 8, "{found:?}");
    found
}

/// Every command line of the program that a text shows, word by word.
fn command_lines(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ");
    let mut found = Vec::new();
    for line in joined.lines() {
        let places = PROGRAMS.iter().flat_map(|program| {
            line.match_indices(program).map(|(at, _)| (at, at + program.len()))
        });
        for (at, end) in places {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| !matches!(c, ' ' | '`' | '/' | '(')) {
                continue;
            }
            let shown = line[end..].split(['`', '#', '|', ')']).next();
            let words: Vec<_> =
                shown.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
            found.push(words);
        }
    }
    found
}

#[test]
fn the_services_are_hardened() {
    for name in &UNITS[..2] {
        for (key, promised) in HARDENING {
            let found = values(name, "Service", key);
            assert!(found.iter().any(|value| value == promised), "{name}: {key}={found:?}");
        }
        let text = read(&format!("systemd/{name}"));
        assert!(!text.contains("DynamicUser"), "{name}");
        assert!(values(name, "Service", "ProcSubset").is_empty(), "the boot id must be readable");
        for secret in ["Environment=", "EnvironmentFile=", "SetCredential=", "PASSWORD="] {
            assert!(!text.contains(secret), "{name}: {secret}");
        }
    }
}

#[test]
fn stopping_the_due_service_leaves_time_to_drain() {
    let name = "postrider-due.service";
    let stop: u64 = value(name, "Service", "TimeoutStopSec").parse().unwrap();
    assert!(stop > 30, "a drain takes up to 30 seconds, and {stop} are given");
    assert_eq!(value(name, "Service", "KillSignal"), "SIGTERM");
    assert_eq!(value(name, "Service", "KillMode"), "mixed");
    assert_eq!(value(name, "Service", "Type"), "oneshot");
    assert_eq!(value(name, "Service", "TimeoutStartSec"), "infinity");
    assert_eq!(value(name, "Service", "SuccessExitStatus"), "9");
    assert_eq!(
        values(name, "Service", "LoadCredential"),
        ["smtp_password:postrider.smtp_password", "mailchimp_api_key:postrider.mailchimp_api_key"]
    );
}

#[test]
fn what_runs_by_hand_gets_what_the_timer_gets() {
    let script = read("postrider-as-sender");
    let due = "postrider-due.service";
    for key in ["User", "Group", "UMask", "KillSignal", "TimeoutStopSec", "NoNewPrivileges"] {
        let property = format!("--property={key}={} ", value(due, "Service", key));
        assert!(script.contains(&property), "{property}");
    }
    for credential in values(due, "Service", "LoadCredential") {
        assert!(script.contains(&format!("--property=LoadCredential={credential} ")));
    }
    let command = value(due, "Service", "ExecStart").replace(" due", " \"$@\"\n");
    assert!(script.ends_with(&format!("    {command}")), "{command}");
    assert!(!script.contains("PASSWORD"), "a secret is in no environment");
}

/// A `systemd-run` that writes down what it was asked for, and runs that.
#[test]
fn a_command_by_hand_keeps_its_words_and_its_exit_code() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let stand_in = folder.path().join("systemd-run");
    std::fs::write(&stand_in, "#!/bin/sh\nprintf '<%s>' \"$@\"\nexit 9\n").unwrap();
    std::fs::set_permissions(&stand_in, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new("/bin/sh")
        .arg(deploy().join("postrider-as-sender"))
        .args(["send", "issues/a b.md", "--in-doubt=skip"])
        .env("PATH", folder.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(9), "{output:?}");
    let asked = String::from_utf8(output.stdout).unwrap();
    let end = "</usr/local/bin/postrider><--root></srv/newsletter><send><issues/a b.md>";
    assert!(asked.ends_with(&format!("{end}<--in-doubt=skip>")), "{asked}");
    assert!(asked.contains("<--wait>") && asked.contains("<--pipe>"), "{asked}");
}

#[test]
fn the_timer_looks_every_five_minutes_and_after_a_night_off() {
    let name = "postrider-due.timer";
    assert_eq!(value(name, "Timer", "OnCalendar"), "*:0/5");
    assert_eq!(value(name, "Timer", "Persistent"), "true");
    let delay: u64 = value(name, "Timer", "RandomizedDelaySec").parse().unwrap();
    assert!(delay <= 60, "the due time is kept to the minute");
    assert!(values(name, "Timer", "Unit").is_empty(), "the timer's name is its service's");
}

#[test]
fn the_pages_listen_on_the_loopback_alone_and_come_back() {
    let name = "postrider-serve.service";
    assert!(value(name, "Service", "ExecStart").ends_with(" serve --listen 127.0.0.1:8025"));
    assert_eq!(value(name, "Service", "Restart"), "on-failure");
    let stop: u64 = value(name, "Service", "TimeoutStopSec").parse().unwrap();
    assert!(stop > 20, "requests under way get up to 20 seconds");
}

#[test]
fn every_command_and_flag_in_deploy_files_exists() {
    let mut used = BTreeSet::new();
    for (file, text) in files() {
        for words in command_lines(&text) {
            let mut rest = words.iter().map(String::as_str).peekable();
            while rest.next_if(|word| GLOBAL_FLAGS.contains(word)).is_some() {
                rest.next();
            }
            // The program's name is also that of its user and of its image,
            // which other things than a verb follow.
            let is_verb = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase());
            let Some(verb) = rest.next().filter(is_verb) else { continue };
            let known = COMMANDS.iter().find(|(name, _)| *name == verb);
            let (verb, flags) = known.unwrap_or_else(|| panic!("{file}: there is no `{verb}`"));
            used.insert(*verb);
            for flag in rest.filter(|word| word.starts_with('-')) {
                let flag = flag.split('=').next().unwrap();
                assert!(
                    flags.contains(&flag) || GLOBAL_FLAGS.contains(&flag),
                    "{file}: `{verb}` has no {flag}"
                );
            }
        }
    }
    let all: BTreeSet<_> = COMMANDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(used, all, "the test reads the files, and the table holds no more than they use");
}

#[test]
fn the_runbook_explains_every_exit_code_once() {
    let runbook = read("runbook.md");
    let table = runbook.split("## Exit codes").nth(1).unwrap();
    let codes: Vec<u8> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(codes, (0..=12).collect::<Vec<_>>());
}

#[test]
fn a_pull_request_gets_no_secret_and_can_write_nothing() {
    let text = read("ci/check-issues.yml");
    let workflow: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(workflow["permissions"], serde_json::json!({ "contents": "read" }));
    let events: Vec<_> = workflow["on"].as_object().unwrap().keys().collect();
    assert_eq!(events, ["pull_request"]);
    assert!(!text.contains("secrets."));
    let jobs = workflow["jobs"].as_object().unwrap();
    for job in jobs.values() {
        assert!(job.get("permissions").is_none());
        let steps = job["steps"].as_array().unwrap();
        for script in steps.iter().filter_map(|step| step["run"].as_str()) {
            assert!(!script.contains("${{"), "a script gets values by its environment: {script}");
        }
        let checkout = steps.iter().find(|step| {
            step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@"))
        });
        assert_eq!(checkout.unwrap()["with"]["persist-credentials"], false);
    }
    assert!(text.contains("postrider check --format github"));
    // Until its two values are set, it fails before anything else.
    let first = jobs["check"]["steps"][0]["run"].as_str().unwrap();
    for name in ["POSTRIDER_SOURCE", "POSTRIDER_REVISION"] {
        let placeholder = workflow["env"][name].as_str().unwrap();
        let refused = |other: &str, value: &str| {
            let run = Command::new("bash")
                .args(["-e", "-c", first])
                .env("POSTRIDER_SOURCE", "https://git.example.com/postrider.git")
                .env("POSTRIDER_REVISION", "138dbfd0c6b5a4f3e2d1138dbfd0c6b5a4f3e2d1")
                .env(other, value)
                .output();
            !run.unwrap().status.success()
        };
        assert!(refused(name, placeholder), "{name}");
        assert!(!refused("UNUSED", placeholder), "{name}");
    }
}

#[test]
fn the_image_runs_without_root_and_holds_no_secret() {
    let text = read("Dockerfile");
    let last_stage = text.rsplit("\nFROM ").next().unwrap();
    assert!(last_stage.contains("\nUSER 10001:10001\n"));
    assert!(last_stage.contains("ca-certificates") && last_stage.contains("tzdata"));
    assert!(!text.contains("\nARG ") && !text.contains("\nENV ") && !text.contains("\nVOLUME "));
    let rust_version = env!("CARGO_PKG_RUST_VERSION");
    assert!(text.contains(&format!("FROM rust:{rust_version}-slim")), "built by {rust_version}");
    assert!(text.contains("build-essential cmake"), "aws-lc is C, and built with CMake");
}

#[test]
fn nothing_about_people_enters_the_image() {
    let ignored = std::fs::read_to_string(deploy().join("../.dockerignore")).unwrap();
    // Docker takes a name without `**/` for one at the root of the repository.
    for name in ["target", "subscribers", "**/outbox", "**/preview", "**/*.sqlite3*", "**/.env"] {
        assert!(ignored.lines().any(|line| line == name), "{name}");
    }
}

#[test]
fn the_index_names_every_file() {
    let index = read("README.md");
    for (file, _) in files() {
        let name = file.rsplit('/').next().unwrap();
        let is_named = index.contains(name) || name.ends_with(".timer") && index.contains(".timer");
        assert!(is_named || name == "README.md", "{file}");
    }
}

#[test]
#[ignore = "needs systemd-analyze"]
fn systemd_takes_the_units_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for name in UNITS {
        // The program and its manual are not installed here, and the rest of
        // the units is verified as it is.
        let text = read(&format!("systemd/{name}"))
            .replace("/usr/local/bin/postrider", "/bin/true")
            .replace("Documentation=file:///usr/local/share/doc/postrider/runbook.md\n", "");
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        paths.push(path);
    }
    let output = Command::new("systemd-analyze").arg("verify").args(&paths).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<_> = complaints.lines().filter(|line| line.contains("postrider")).collect();
    assert!(output.status.success() && ours.is_empty(), "{complaints}");
    let graded = Command::new("systemd-analyze")
        .args(["security", "--offline=yes", "--threshold=20"])
        .args(&paths[..2])
        .output()
        .unwrap();
    assert!(graded.status.success(), "{}", String::from_utf8_lossy(&graded.stdout));
}
