#!/usr/bin/env python3
"""Measures wall time and peak memory of `preview` in a cold process, over 30 runs.

    tests/measure/preview.py ISSUE [--postrider PROGRAM] [--runs N] [--beside-mjml]

`--beside-mjml` also runs the `mjml` program from npm, on the MJML of the same
issue with its article, and prints how much more time and memory it takes. Fails
if the median is over 20 ms or 15 MB.

A cold process starts with a warm file cache and nothing else. One series measures
the time. A second series runs under `/usr/bin/time` and measures the resident
set, because a process that Python starts is charged with Python's memory.
"""

import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

MOST_MILLISECONDS = 20
MOST_MEGABYTES = 15
# mjml takes about a second, so it runs once per this many runs of `preview`.
RUNS_FOR_ONE_OF_MJML = 3


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        # The sample newsletter, with this issue in it.
        (folder / "issues").mkdir()
        shutil.copy(REPOSITORY / "postrider.toml", folder)
        issue = shutil.copy(options.issue, folder / "issues")
        preview = [options.postrider.resolve(), "--quiet", "--root", folder,
                   "preview", issue, "--out", folder / "out"]
        mjml = mjml_on(options, folder) if options.beside_mjml else None
        run(preview)
        ours, theirs = ([], []), ([], [])
        for number in range(options.runs):
            measure(preview, ours)
            if mjml and number % RUNS_FOR_ONE_OF_MJML == 0:
                measure(mjml, theirs)
    print(f"{options.issue.name}, cold process, load {os.getloadavg()[0]:.2f} "
          f"on {os.cpu_count()} cores")
    time_taken, memory = report("preview", ours)
    if mjml:
        their_time, their_memory = report("mjml", theirs)
        print(f"mjml takes {their_time / time_taken:.0f} times as long, "
              f"and {their_memory / memory:.1f} times the memory")
    if time_taken > MOST_MILLISECONDS or memory > MOST_MEGABYTES:
        print(f"preview is over {MOST_MILLISECONDS} ms or {MOST_MEGABYTES} MB")
        return 1
    return 0


def mjml_on(options, folder):
    """The command that renders the same issue with the reference renderer."""
    source = folder / "issue.mjml"
    theme = re.search(r'^theme = "(.*)"', (folder / "postrider.toml").read_text(), re.MULTILINE)
    judges = REPOSITORY / "tests/judges"
    run(["node", judges / "mjml/expanded.mjs", theme[1], options.issue.resolve(), source],
        POSTRIDER=str(options.postrider.resolve()))
    program = REPOSITORY / "target/judge/packages/node_modules/mjml/bin/mjml"
    return ["node", program, source, "-o", folder / "mjml.html"]


def measure(command, series):
    seconds, kilobytes = series
    seconds.append(timed(command))
    kilobytes.append(resident(command))


def report(name, series):
    milliseconds = sorted(1000 * second for second in series[0])
    megabytes = sorted(1024 * kilobyte / 1e6 for kilobyte in series[1])
    print(f"{name}: {figures(milliseconds, 'ms')}; peak memory {figures(megabytes, 'MB')}; "
          f"{len(milliseconds)} runs")
    return statistics.median(milliseconds), statistics.median(megabytes)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("issue", type=pathlib.Path)
    parser.add_argument("--postrider", type=pathlib.Path,
                        default=REPOSITORY / "target/release/postrider")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--beside-mjml", action="store_true")
    return parser.parse_args()


def figures(values, unit):
    return (f"median {statistics.median(values):.1f} {unit} "
            f"(from {values[0]:.1f} to {values[-1]:.1f})")


def timed(command):
    began = time.perf_counter()
    run(command)
    return time.perf_counter() - began


def resident(command):
    return int(run(["/usr/bin/time", "--format", "%M", *command]).splitlines()[-1])


def run(command, **environment):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, **environment})
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}")
    return done.stderr


if __name__ == "__main__":
    sys.exit(main())
