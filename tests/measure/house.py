#!/usr/bin/env python3
"""Counts properties that make the code large, or make things hard to find.

    tests/measure/house.py [CHECKOUT] [--list]

CHECKOUT is the folder of a checkout (default: this one), so that two checkouts
can be compared. The program counts, in `src`:

* lines without tests, by room: files that are only compiled for tests, and
  `#[cfg(test)]` items, are left out;
* lines that begin with a `true =>` or a `false =>` arm;
* names of types (struct, enum, trait, type) that are defined more than once,
  outside tests;
* constructors named `of` or `of_...`.

`--list` also prints the repeated types and the constructors with their locations.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

TYPE = re.compile(r"^\s*(?:pub(?:\([^)]*\))? )?(?:unsafe )?(?:struct|enum|trait|type) (\w+)", re.M)
CONSTRUCTOR = re.compile(r"^\s*(?:pub(?:\([^)]*\))? )?(?:const )?(?:async )?fn (of(?:_\w+)?)\b", re.M)
BOOL_ARM = re.compile(r"^\s*(?:true|false) =>", re.M)
TEST_ITEM = re.compile(r"^([ \t]*)#\[cfg\(test\)\]\n", re.M)


def main():
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    folders = [word for word in sys.argv[1:] if not word.startswith("--")]
    root = Path(folders[0]) if folders else Path(__file__).resolve().parents[2]
    texts = {path: path.read_text() for path in sorted((root / "src").rglob("*.rs"))}
    for_tests = modules_for_tests(texts)
    code = {
        path: without_test_items(text)
        for path, text in texts.items()
        if path.stem != "tests" and "tests" not in path.parts and path not in for_tests
    }
    lines = defaultdict(int)
    for path, text in code.items():
        lines[room_of(path.relative_to(root / "src"))] += text.count("\n")
    total = sum(lines.values())
    for room, count in sorted(lines.items(), key=lambda entry: -entry[1]):
        print(f"{count:7,}  {100 * count / total:4.1f} %  {room}")
    print(f"{total:7,}  lines of src without tests")
    print(f"{sum(len(BOOL_ARM.findall(text)) for text in texts.values()):7,}  lines with a bool arm")
    defined = places(code, root, TYPE)
    # Associated types of an `impl` are no definitions of their own.
    repeated = {name: at for name, at in defined.items() if len(at) > 1 and name not in ASSOCIATED}
    print(f"{len(repeated):7,}  type names defined more than once, of {len(defined):,}")
    constructors = places(code, root, CONSTRUCTOR)
    print(f"{sum(map(len, constructors.values())):7,}  functions named `of` or `of_...`")
    if "--list" in options:
        for name, at in sorted({**repeated, **constructors}.items()):
            print(f"{name}: {', '.join(at)}")


ASSOCIATED = {"Error", "Err", "Item", "Output", "Target", "Value", "Future", "Rejection"}


def room_of(path):
    return path.parts[0].removesuffix(".rs")


def places(texts, root, pattern):
    found = defaultdict(list)
    for path, text in texts.items():
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start(1)) + 1
            found[match.group(1)].append(f"{path.relative_to(root)}:{line}")
    return found


def modules_for_tests(texts):
    """Files of modules that are declared behind `#[cfg(test)]`."""
    found = set()
    for path, text in texts.items():
        for name in re.findall(r"#\[cfg\(test\)\]\n\s*(?:pub(?:\([^)]*\))? )?mod (\w+);", text):
            folder = path.parent if path.name in ("lib.rs", "main.rs") else path.with_suffix("")
            found.add(folder / f"{name}.rs")
    return found


def without_test_items(text):
    """Leaves out each item behind `#[cfg(test)]`: up to its `;`, or to the line
    with its closing brace, which rustfmt puts at the indent of the attribute."""
    while match := TEST_ITEM.search(text):
        indent = match.group(1)
        rest = text[match.end():]
        end = re.search(rf"(?:^{indent}\}}|;[ \t]*)\n", rest, re.M)
        first = rest.split("\n", 1)[0]
        if first.rstrip().endswith("{"):
            end = re.search(rf"^{indent}\}}\n", rest, re.M)
        text = text[: match.start()] + (rest[end.end():] if end else "")
    return text


main()
