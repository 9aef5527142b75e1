#!/usr/bin/env python3
"""Measures the size of every sample and real issue, and checks its text part.

    tests/measure/sizes.py [--fragments PROGRAM]

It measures the files that `preview` writes, and does not use the sizes that the
program reports. It compares them with the output of pulldown-cmark for the same
Markdown (`cargo build --example fragments`). Fails if a mail is larger than its
article's fragment plus the allowance for the theme, if Gmail would cut it, or if
its text part has a broken URL or a long line.
"""

import argparse
import email
import html
import json
import os
import pathlib
import quopri
import re
import subprocess
import sys
import unicodedata

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

SHELL = 6_500          # what a mail may weigh beside its article
CUT = 102_400          # where Gmail cuts
TRACKED = 114          # a link as a provider writes it that counts clicks
STYLE = 4_000
LARGEST_OF_2026 = 50_000
LARGEST_OF_ALL = 56_500
LONGEST_TEXT = 32 * 1024
# A text cannot be shorter than its words and URLs. If these are near the limit, the
# factor allows for line ends, marks, and lines below headings.
OVER_THE_LEAST = 1.15
COLUMNS = 78
# The two largest issues of the corpus.
LARGEST = ("2024-11-20", "2025-02-19")


def main():
    options = arguments()
    mails = json.loads(run(["node", REPOSITORY / "tests/judges/mails.mjs", "--json", "sizes"]))
    fragments = fragments_of(options.fragments, [mail["source"] for mail in mails])
    print(f"{'':32} {'Markdown':>8} {'fragment':>8} {'html':>7} {'+shell':>6} {'encoded':>7} "
          f"{'tracked':>7} {'style':>5} {'text':>6} {'least':>6} {'links':>5} {'widest':>6}")
    breaches = []
    for mail in mails:
        measured = measure(pathlib.Path(mail["folder"]), pathlib.Path(mail["source"]))
        measured["fragment"] = fragments[mail["source"]]
        print_row(mail["name"], measured)
        breaches += [f"{mail['name']}: {breach}" for breach in judged(mail, measured)]
    print(f"{len(mails)} mails, {len(breaches)} breaches")
    print("\n".join(breaches))
    return 1 if breaches else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    parser.add_argument("--fragments", type=pathlib.Path,
                        default=target / "debug/examples/fragments")
    return parser.parse_args()


def run(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def fragments_of(program, sources):
    lines = run([program, *sources]).splitlines()
    return {path: int(size) for size, path in (line.split(" ", 1) for line in lines)}


def measure(folder, source):
    page = (folder / "email.html").read_bytes()
    decoded = page.decode()
    text = (folder / "email.txt").read_text()
    links = [html.unescape(link) for link in re.findall(r'<a\b[^>]*?\shref="([^"]*)"', decoded)]
    # An empty target is the author's, and `check` refuses it.
    away = {link for link in links if link and not link.startswith("#")}
    return {
        "markdown": source.stat().st_size,
        "html": len(page),
        "encoded": encoded_part(folder / "email.eml", page),
        "tracked": with_crlf(quopri.encodestring(tracked(decoded).encode())),
        "style": sum(map(len, re.findall(rb"<style\b[^>]*>(.*?)</style>", page, re.DOTALL))),
        "text": len(text.encode()),
        "least": least(decoded),
        "links": len(away),
        "broken": sorted(link for link in away if not stands_whole(link, text)),
        "long": [line for line in text.splitlines() if is_too_long(line)],
        "widest": max(columns(line) for line in text.splitlines()
                      if not is_url_line(line)),
    }


def encoded_part(path, page):
    """The html as it travels, from the very message."""
    message = email.message_from_bytes(path.read_bytes())
    part = next(part for part in message.walk() if part.get_content_type() == "text/html")
    travelling = part.get_payload()
    same = part.get_payload(decode=True).replace(b"\r\n", b"\n").rstrip()
    # With images attached, the message names them by their ids, and the page by their files.
    if same != page.rstrip() and b"cid:" not in same:
        raise SystemExit(f"{path}: the message holds another html than email.html")
    return with_crlf(travelling.encode())


def with_crlf(encoded):
    lines = encoded.replace(b"\r\n", b"\n")
    return len(lines) + lines.count(b"\n")


def tracked(page):
    """Every link on the web replaced by one of a provider's."""
    return re.sub(r'(<a\b[^>]*?\shref=")https?:[^"]*"', rf'\g<1>{"t" * TRACKED}"', page)


def least(page):
    """The bytes of what is read, and of each target once for each link."""
    shown = re.sub(r"<!--.*?-->|<style\b.*?</style>|<title>.*?</title>", "", page, flags=re.DOTALL)
    targets = re.findall(r'<a\b[^>]*?\shref="(https?:[^"]*)"', shown)
    words = html.unescape(re.sub(r"<[^>]*>", " ", shown)).split()
    return len(" ".join(words).encode()) + sum(len(html.unescape(link)) for link in targets)


def stands_whole(link, text):
    if link.startswith("mailto:"):
        return link.removeprefix("mailto:").split("?")[0] in text
    return f"<{link}>" in text


def is_too_long(line):
    return columns(line) > COLUMNS and not is_url_line(line)


def is_url_line(line):
    """Nothing but the marks of a list, a quote or a note, and one URL."""
    return re.fullmatch(r"(?:[ >*•\-]|\[\^?\w+\]:?|\d+[.)])*<[^ <>]+>[.,;:!?)]*", line) is not None


def columns(line):
    """The cells that a terminal gives to a line: two for what East Asian
    Width calls wide and for emoji, none for what joins the one before."""
    cells = 0
    for at, char in enumerate(line):
        if char == "\ufe0f" and at > 0 and unicodedata.east_asian_width(line[at - 1]) not in "WF":
            cells += 1
        elif unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc"):
            continue
        else:
            cells += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return cells


def print_row(name, measured):
    shell = measured["html"] - measured["fragment"]
    print(f"{name[:32]:32} {measured['markdown']:8,} {measured['fragment']:8,} "
          f"{measured['html']:7,} {shell:6,} {measured['encoded']:7,} {measured['tracked']:7,} "
          f"{measured['style']:5,} {measured['text']:6,} {measured['least']:6,} {measured['links']:5} "
          f"{measured['widest']:6}")


def judged(mail, measured):
    limits = [("html", measured["fragment"] + SHELL), ("html", CUT), ("encoded", CUT),
              ("tracked", CUT), ("style", STYLE),
              ("text", max(LONGEST_TEXT, int(measured["least"] * OVER_THE_LEAST)))]
    if mail["name"].startswith("2026-"):
        limits.append(("html", LARGEST_OF_2026))
    if mail["name"].startswith(LARGEST):
        limits.append(("html", LARGEST_OF_ALL))
    for what, limit in limits:
        if measured[what] > limit:
            yield f"{what} has {measured[what]:,} bytes, {measured[what] - limit:,} over {limit:,}"
    for link in measured["broken"]:
        yield f"the text has no whole <{link}>"
    for line in measured["long"]:
        yield f"{columns(line)} columns in the text: {line}"


if __name__ == "__main__":
    sys.exit(main())
