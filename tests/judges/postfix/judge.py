"""Checks that the Maildirs contain the promised messages. Reads, never writes.

The judge is Python's `email` package with its default policy and its list of
defects; it uses no code of the program under test.
"""

import email
import email.policy
import json
import re

ONCE = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version",
        "Content-Type", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post")


class Preview:
    """The output of `preview`: both parts, and the sample unsubscribe link."""

    def __init__(self, folder):
        self.text = lines_as_lf((folder / "email.txt").read_bytes())
        self.html = lines_as_lf((folder / "email.html").read_bytes())
        sample = email.message_from_bytes((folder / "email.eml").read_bytes(),
                                          policy=email.policy.default)
        self.link = unsubscribe_link(sample)
        self.subject = json.loads((folder / "report.json").read_text("utf-8"))["subject"]
        for name, part in (("email.txt", self.text), ("email.html", self.html)):
            if not self.link or self.link.encode() not in part:
                raise SystemExit(f"{name} does not hold the link of email.eml: {self.link}")


def complaints(maildirs, readers, preview):
    """Everything that is wrong, as sentences; empty when all is well."""
    found, links, identities, parts = [], {}, {}, 0
    for stranger in sorted(set(name.name for name in maildirs.iterdir()) - set(readers)):
        found.append(f"{stranger}: a mailbox of nobody on the list")
    for reader in readers:
        files = sorted(path for sub in ("new", "cur") for path in (maildirs / reader / sub).glob("*"))
        if len(files) != 1:
            found.append(f"{reader}: {len(files)} messages instead of one")
        for path in files:
            raw = path.read_bytes()
            message = email.message_from_bytes(raw, policy=email.policy.default)
            found += [f"{reader}: {wrong}" for wrong in wrongs(message, raw, reader, preview)]
            links.setdefault(unsubscribe_link(message), []).append(reader)
            identities.setdefault(message["Message-ID"], []).append(reader)
            parts += 2
    for what, owners in (("unsubscribe link", links), ("Message-ID", identities)):
        for shared in owners.values():
            if len(shared) > 1:
                found.append(f"{', '.join(shared[:3])}: share one {what}")
    return found


def wrongs(message, raw, reader, preview):
    """What is wrong with one message."""
    yield from defects(message)
    for name in ONCE:
        count = len(message.get_all(name, []))
        if count != 1:
            yield f"{name} stands {count} times"
            return
    if [str(a.addr_spec) for a in message["To"].addresses] != [f"{reader}@example.org"]:
        yield f"it is addressed to somebody else: {message['To']}"
    if str(message["Subject"]) != preview.subject:
        yield f"its Subject is read as {message['Subject']}"
    if message["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post is not what RFC 8058 asks for"
    if not raw.isascii() or max(map(len, raw.splitlines())) > 998:
        yield "it has bytes above 127, or lines over 998 bytes"
    if message.get_content_type() != "multipart/alternative":
        yield f"it is {message.get_content_type()}"
        return
    parts = list(message.iter_parts())
    types = [part.get_content_type() for part in parts]
    if types != ["text/plain", "text/html"]:
        yield f"its parts are {types}, not the text first and then the HTML"
        return
    link = unsubscribe_link(message)
    if not link or link == preview.link:
        yield f"it has no unsubscribe link of its own: {link}"
        return
    for part, expected, name in zip(parts, (preview.text, preview.html), ("text", "HTML")):
        got = lines_as_lf(part.get_payload(decode=True))
        # Other than this link, every byte is the same for everybody.
        got = got.replace(link.encode(), preview.link.encode())
        if got != expected:
            yield f"its {name} part differs from the preview's {first_difference(got, expected)}"


def defects(message):
    """What the parser complains of, in every part and every header."""
    for part in message.walk():
        for defect in part.defects:
            yield f"defect: {defect!r}"
        for name, value in part.items():
            for defect in getattr(value, "defects", ()):
                yield f"defect in {name}: {defect!r}"
        if not part.is_multipart():
            part.get_content()
            for defect in part.defects:
                yield f"defect in the content: {defect!r}"


def unsubscribe_link(message):
    match = re.fullmatch(r"<(https://\S+)>", str(message["List-Unsubscribe"] or ""))
    return match and match[1]


def lines_as_lf(content):
    return content.replace(b"\r\n", b"\n")


def first_difference(got, expected):
    at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b),
              min(len(got), len(expected)))
    near = slice(max(0, at - 30), at + 30)
    return f"at byte {at} of {len(expected)}: {got[near]!r} instead of {expected[near]!r}"
