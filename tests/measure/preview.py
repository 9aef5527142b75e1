#!/usr/bin/env python3
"""Wall time and peak memory of `preview` in a cold process, over 30 runs.

    tests/measure/preview.py ISSUE [--postrider PROGRAM] [--runs N]

A cold process starts from nothing but a warm file cache. Two series are run,
because a process started from here would be charged with Python's own memory:
one for the time, and one below `/usr/bin/time` for the resident set.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


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
        run(preview)
        seconds = sorted(timed(preview) for _ in range(options.runs))
        kilobytes = sorted(resident(preview) for _ in range(options.runs))
    milliseconds = [1000 * second for second in seconds]
    megabytes = [1024 * kilobyte / 1e6 for kilobyte in kilobytes]
    print(f"preview of {options.issue.name}, cold process, {options.runs} runs: "
          f"{figures(milliseconds, 'ms')}; peak memory {figures(megabytes, 'MB')}; "
          f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    return 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("issue", type=pathlib.Path)
    parser.add_argument("--postrider", type=pathlib.Path,
                        default=REPOSITORY / "target/release/postrider")
    parser.add_argument("--runs", type=int, default=30)
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


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}")
    return done.stderr


if __name__ == "__main__":
    sys.exit(main())
