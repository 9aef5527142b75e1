#!/usr/bin/env python3
"""Sends a real issue through a real Postfix into Maildirs, and judges every message.

    tests/judges/postfix/run.py [--postrider PROGRAM] [--issue FILE] [--readers N]

Needs root and Postfix (`apt-get install postfix`), and reports if one is missing.
Leaves no files, and stops only the Postfix that it started.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import judge
from instance import Postfix

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]

CONFIGURATION = """\
[newsletter]
name = "This Week in Rust"
slug = "twir"
from = "This Week in Rust <news@news.example.org>"
reply_to = "editors@example.org"
language = "en"
postal_address = "The editors, 1 Coach Road, 9000 Ghent, Belgium"
web_url = "https://news.example.org/issues/{{slug}}/"
public_url = "https://news.example.org"
theme = "weekly"

[proof]
required = false

[delivery]
via = "smtp"

[smtp]
url = "smtp+plain://127.0.0.1:{port}"
connections = 4
client_name = "news.example.org"

[store]
url = "sqlite:subscribers/postrider.sqlite3"
"""


def main():
    options = arguments()
    for needed in (options.postrider, options.issue):
        if not needed.exists():
            raise SystemExit(f"{needed} does not exist")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        # Postfix works in it under other accounts.
        folder.chmod(0o711)
        readers = [f"reader{number:04}" for number in range(1, options.readers + 1)]
        (folder / "postfix").mkdir()
        with Postfix(folder / "postfix", readers) as postfix:
            newsletter = prepare(folder, options, readers, postfix.port)
            seconds = send(newsletter, options)
            postfix.wait_until_delivered(300)
            preview = judge.Preview(folder / "preview")
            began = time.monotonic()
            found = judge.complaints(postfix.mail, readers, preview)
            judged = time.monotonic() - began
            notice_damage(postfix.mail, readers, preview, folder)
    for complaint in found[:20]:
        print(f"  {complaint}")
    print(f"{options.issue.name}: {len(readers)} readers, {len(preview.text):,} bytes of text and "
          f"{len(preview.html):,} of HTML each; sent in {seconds:.1f} s, judged in {judged:.1f} s; "
          f"{len(found)} complaints")
    return 1 if found else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--postrider", type=pathlib.Path,
                        default=REPOSITORY / "target/release/postrider")
    parser.add_argument("--issue", type=pathlib.Path,
                        default=REPOSITORY / "../shared/corpus/2026-08-12-this-week-in-rust.md")
    parser.add_argument("--readers", type=int, default=1000)
    parser.add_argument("--allow", action="append", default=[], metavar="RULE",
                        help="handed to `send`: a check that this issue may fail")
    return parser.parse_args()


def prepare(folder, options, readers, port):
    """A newsletter with the issue, the list and a preview."""
    newsletter = folder / "newsletter"
    for name in ("issues", "subscribers"):
        (newsletter / name).mkdir(parents=True)
    (newsletter / "postrider.toml").write_text(CONFIGURATION.format(port=port))
    shutil.copy(options.issue, newsletter / "issues" / options.issue.name)
    people = "".join(f"{reader}@example.org\n" for reader in readers)
    (newsletter / "list.csv").write_text("email\n" + people)
    run(options, newsletter, "subscribers", "import", newsletter / "list.csv")
    run(options, newsletter, "preview", f"issues/{options.issue.name}", "--out", folder / "preview")
    return newsletter


def send(newsletter, options):
    """Sends, and says how many seconds it took."""
    allowed = [word for rule in options.allow for word in ("--allow", rule)]
    began = time.monotonic()
    run(options, newsletter, "send", f"issues/{options.issue.name}", "--yes", *allowed)
    return time.monotonic() - began


def run(options, newsletter, *words):
    command = [str(options.postrider.resolve()), *map(str, words)]
    done = subprocess.run(command, cwd=newsletter, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")


def notice_damage(maildirs, readers, preview, folder):
    """Damages copies of a few mailboxes, each in one way, and requires the judge to notice."""
    few = readers[:3]
    for name, damage in DAMAGES.items():
        copy = folder / "damaged"
        for reader in few:
            shutil.copytree(maildirs / reader, copy / reader)
        if missed := judge.complaints(copy, few, preview):
            raise SystemExit(f"the undamaged copies are not well: {missed[:3]}")
        damage(next((copy / few[0] / "new").iterdir()))
        if not judge.complaints(copy, few, preview):
            raise SystemExit(f"the judge did not notice this damage: {name}")
        shutil.rmtree(copy)
    print(f"damage noticed: {', '.join(DAMAGES)}")


def drop_a_byte_of(kind):
    def damage(path):
        raw = path.read_bytes()
        # A letter in the middle of the part, on a line of its own encoding.
        start = raw.index(b"\n\n", raw.index(b"Content-Type: text/" + kind)) + 2
        end = raw.index(b"\n--=_", start)
        at = next(i for i in range((start + end) // 2, end) if raw[i:i + 2].isalpha()
                  and b"=" not in raw[i - 2:i])
        path.write_bytes(raw[:at] + raw[at + 1:])
    return damage


def replace(old, new):
    def damage(path):
        raw = path.read_bytes()
        if old not in raw:
            raise SystemExit(f"{old} is not there to be damaged")
        path.write_bytes(raw.replace(old, new, 1))
    return damage


def without_its_end(path):
    raw = path.read_bytes()
    path.write_bytes(raw[:raw.rindex(b"--=_")])


DAMAGES = {
    "a byte lost in the text": drop_a_byte_of(b"plain"),
    "a byte lost in the HTML": drop_a_byte_of(b"html"),
    "a message twice": lambda path: shutil.copy(path, path.with_name("again")),
    "no message": lambda path: path.unlink(),
    "a second Subject": replace(b"\nSubject:", b"\nSubject: again\nSubject:"),
    "no Date": replace(b"\nDate:", b"\nX-Date:"),
    "a broken date": replace(b"\nDate: ", b"\nDate: Noneday "),
    "no closing boundary": without_its_end,
    "somebody else's To": replace(b"\nTo: reader", b"\nTo: other"),
}


if __name__ == "__main__":
    sys.exit(main())
