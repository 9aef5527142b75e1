//! A real Postfix on loopback, in a folder of its own, for one test.
//!
//! It has its own configuration, queue and data folders and its own address, so
//! tests with a Postfix run side by side. It delivers into one Maildir per
//! reader, and relays nothing. It needs root, as Postfix does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// The domains whose mail it delivers.
pub const DOMAINS: &str = "example.org, example.net, example.com";

const DAEMONS: &str = "/usr/lib/postfix/sbin";

/// Longer than anything here takes on a slow machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Postfix, stopped when it is dropped.
pub struct Postfix {
    folder: tempfile::TempDir,
    address: SocketAddr,
    /// Programs before `postfix start`, that make its surroundings.
    surroundings: Vec<String>,
}

impl Postfix {
    /// Sets it up, without starting it. There is a mailbox for each of the readers.
    pub fn set_up(readers: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postfix = Self { folder, address: own_address(), surroundings: Vec::new() };
        let root = postfix.path("");
        std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["etc", "queue", "data", "mail"] {
            std::fs::create_dir(postfix.path(name)).unwrap();
        }
        run(Command::new("chown").arg("postfix").arg(postfix.path("data")));
        run(Command::new("chown").arg("nobody").arg(postfix.path("mail")));
        postfix.give_mailboxes(readers);
        let at = postfix.address;
        let master = format!("{at} inet n - n - - smtpd\n{DAEMON_LINES}");
        std::fs::write(postfix.path("etc/master.cf"), master).unwrap();
        let (folder, nobody) = (root.display(), "65534");
        let main = format!(
            "compatibility_level = 3.6\n\
             queue_directory = {folder}/queue\n\
             data_directory = {folder}/data\n\
             daemon_directory = {DAEMONS}\n\
             maillog_file = {folder}/postfix.log\n\
             maillog_file_prefixes = {folder}\n\
             inet_interfaces = 127.0.0.1\n\
             inet_protocols = ipv4\n\
             myhostname = relay.example.org\n\
             mydestination =\n\
             mynetworks = 127.0.0.0/8\n\
             smtpd_relay_restrictions = permit_mynetworks, reject\n\
             smtpd_recipient_restrictions = reject_unauth_destination\n\
             default_transport = error:this instance relays nothing\n\
             relay_transport = error:this instance relays nothing\n\
             alias_maps =\n\
             alias_database =\n\
             virtual_mailbox_domains = {DOMAINS}\n\
             virtual_mailbox_base = {folder}/mail\n\
             virtual_mailbox_maps = texthash:{folder}/etc/mailboxes\n\
             virtual_uid_maps = static:{nobody}\n\
             virtual_gid_maps = static:{nobody}\n\
             smtpd_error_sleep_time = 0\n\
             in_flow_delay = 0\n"
        );
        std::fs::write(postfix.path("etc/main.cf"), main).unwrap();
        postfix
    }

    /// Sets parameters of `main.cf`.
    pub fn set(self, parameters: &[&str]) -> Self {
        self.change(parameters);
        self
    }

    /// Sets parameters of a Postfix that may be running; [`Self::reload`] tells it.
    pub fn change(&self, parameters: &[&str]) {
        run(Command::new("postconf").arg("-c").arg(self.path("etc")).arg("-e").args(parameters));
    }

    /// Asks that name server, in a mount namespace where `/etc/resolv.conf` names it.
    pub fn with_name_server(mut self, server: std::net::Ipv4Addr) -> Self {
        let resolver = self.path("etc/resolv.conf");
        std::fs::write(&resolver, format!("nameserver {server}\n")).unwrap();
        let mount =
            format!("mount --bind {} /etc/resolv.conf && exec \"$0\" \"$@\"", resolver.display());
        self.surroundings = ["unshare", "--mount", "sh", "-c", &mount].map(str::to_owned).into();
        self
    }

    pub fn start(self) -> Self {
        let mut words = self.surroundings.clone();
        words.push("postfix".to_owned());
        let start = Command::new(&words[0])
            .args(&words[1..])
            .arg("-c")
            .arg(self.path("etc"))
            .arg("start")
            .output()
            .unwrap();
        assert!(start.status.success(), "{start:?}\n{}", self.log());
        self.wait_until("answers", || TcpStream::connect(self.address).is_ok());
        self
    }

    /// Has it read its configuration again. Connections are closed when they are idle.
    pub fn reload(&self) {
        run(Command::new("postfix").arg("-c").arg(self.path("etc")).arg("reload"));
    }

    /// The value of `[smtp] url`.
    pub fn url(&self) -> String {
        format!("\"smtp+plain://{}\"", self.address)
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the table of mailboxes.
    pub fn give_mailboxes(&self, readers: &[String]) {
        let mut mailboxes = String::new();
        for reader in readers {
            let _ = writeln!(mailboxes, "{reader} {reader}/");
        }
        std::fs::write(self.path("etc/mailboxes"), mailboxes).unwrap();
    }

    /// How many messages each reader has, once there are at least so many in all
    /// and none is in a queue.
    pub fn mailed(&self, messages: usize) -> BTreeMap<String, usize> {
        let mut mailed = BTreeMap::new();
        self.wait_until("delivers", || {
            let is_idle = ["maildrop", "incoming", "active", "deferred"]
                .iter()
                .all(|queue| files_in(&self.path("queue").join(queue)) == 0);
            mailed = self.maildirs();
            is_idle && mailed.values().sum::<usize>() >= messages
        });
        mailed
    }

    fn maildirs(&self) -> BTreeMap<String, usize> {
        let maildirs = std::fs::read_dir(self.path("mail")).unwrap().map(Result::unwrap);
        maildirs
            .map(|maildir| {
                let reader = maildir.file_name().to_string_lossy().into_owned();
                (reader, files_in(&maildir.path().join("new")))
            })
            .collect()
    }

    /// The lines of its log that hold this text.
    pub fn logged(&self, text: &str) -> Vec<String> {
        let log = self.log();
        log.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("postfix.log")).unwrap_or_default()
    }

    fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < LIMIT, "Postfix never {what}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let mut abort = Command::new("postfix");
        let _ = abort.arg("-c").arg(self.path("etc")).arg("abort").output();
    }
}

/// An address of this process and instance alone, so that its port is free.
fn own_address() -> SocketAddr {
    static INSTANCES: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    let instance = INSTANCES.fetch_add(1, Ordering::Relaxed);
    SocketAddr::from(([127, high.max(1), low, instance], 2525))
}

fn files_in(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .map(|entry| entry.map(|entry| entry.path()))
        .filter_map(Result::ok)
        .map(|path| if path.is_dir() { files_in(&path) } else { 1 })
        .sum()
}

fn run(command: &mut Command) {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {done:?}");
}

const DAEMON_LINES: &str = "\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
";
