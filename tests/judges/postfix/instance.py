"""A separate Postfix on loopback, in one temporary folder, for one run.

It has its own configuration, queue and data folders, listens on one port of
127.0.0.1, delivers mail for example.org into one Maildir per reader, and relays
nothing. It needs root, as Postfix does, and changes no other instance.
"""

import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import time

DAEMONS = "/usr/lib/postfix/sbin"

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = judge.example.org
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = reject_unauth_destination
default_transport = error:this instance relays nothing
relay_transport = error:this instance relays nothing
alias_maps =
alias_database =
virtual_mailbox_domains = example.org
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/etc/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
in_flow_delay = 0
"""

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
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
"""


class Postfix:
    """Started on entry, stopped on exit. `port` is where it listens, and `mail`
    holds a Maildir for each of the local parts in `readers`."""

    def __init__(self, folder, readers):
        self.folder = pathlib.Path(folder)
        self.readers = readers
        self.port = free_port()
        self.mail = self.folder / "mail"

    def __enter__(self):
        for need in ("postfix", "postconf"):
            if not shutil.which(need):
                raise SystemExit(f"{need} is not installed: apt-get install postfix")
        if os.geteuid() != 0:
            raise SystemExit("Postfix can only be started by root")
        self.folder.chmod(0o755)
        for name in ("etc", "queue", "data", "mail"):
            (self.folder / name).mkdir()
        owner, nobody = pwd.getpwnam("postfix"), pwd.getpwnam("nobody")
        os.chown(self.folder / "data", owner.pw_uid, owner.pw_gid)
        os.chown(self.mail, nobody.pw_uid, nobody.pw_gid)
        values = dict(folder=self.folder, daemons=DAEMONS, port=self.port,
                      uid=nobody.pw_uid, gid=nobody.pw_gid)
        (self.folder / "etc/main.cf").write_text(MAIN.format(**values))
        (self.folder / "etc/master.cf").write_text(MASTER.format(**values))
        mailboxes = "".join(f"{reader}@example.org {reader}/\n" for reader in self.readers)
        (self.folder / "etc/mailboxes").write_text(mailboxes)
        self.control("start")
        try:
            self.wait(lambda: answers(self.port), 30, "did not answer on its port")
        except BaseException:
            self.control("stop")
            raise
        return self

    def __exit__(self, *_):
        self.control("stop")

    def control(self, verb):
        command = ["postfix", "-c", str(self.folder / "etc"), verb]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)}: {done.stdout}{done.stderr}{self.log()}")

    def wait_until_delivered(self, seconds):
        """Waits until no message is in any queue."""
        self.wait(lambda: not self.queued(), seconds, "still has messages in its queues")

    def queued(self):
        queues = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")
        found = []
        for queue in queues:
            for _, _, files in os.walk(self.folder / "queue" / queue):
                found += files
        return found

    def wait(self, is_so, seconds, complaint):
        end = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > end:
                raise SystemExit(f"Postfix {complaint} within {seconds} s:\n{self.log()}")
            time.sleep(0.1)

    def log(self):
        log = self.folder / "postfix.log"
        return "\n".join(log.read_text().splitlines()[-20:]) if log.exists() else "(no log)"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as probe:
            return probe.recv(4).startswith(b"220")
    except OSError:
        return False
