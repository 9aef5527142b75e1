#!/usr/bin/env python3
"""Compares two builds of postrider, in turn, on the three jobs whose speed counts.

    tests/measure/paired.py OLD NEW [--runs N] [--messages N] [--corpus DIR]

* a cold `preview` of one issue;
* `check` over the real issues of `../shared/corpus` that `check` can read;
* a `send` of 20,000 messages over SMTP, 4 connections, to `smtp-sink` of Postfix
  (`apt-get install postfix`) on this machine.

The two programs run one after the other, OLD NEW NEW OLD, so that both meet the
same noise. Prints for each job the median of the ratios NEW/OLD, of the time and
of the user CPU time of the program. A `send` begins each time with a copy of the
same list. Fails if a median ratio of the time is over 1.03.
"""

import argparse
import os
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
MOST = 1.03


def main():
    options = arguments()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        newsletter = sample(folder / "newsletter")
        issues = sorted(options.corpus.glob("20*.m*d*"))
        issues = [issue for issue in issues if readable(options.old, newsletter, issue)]
        newest = issues[-1]
        jobs = [
            (f"cold preview of {newest.name}", options.runs * 10,
             lambda program: timed([program, "--quiet", "--root", newsletter, "preview", newest,
                                    "--out", folder / "out"])),
            (f"check of {len(issues)} issues", options.runs,
             lambda program: timed([program, "--quiet", "--root", newsletter, "check", *issues],
                                   codes=(0, 4))),
        ]
        server = Sink()
        list_of = mailing_list(folder, options.messages)
        jobs.append((f"send of {options.messages:,} messages", options.runs,
                     lambda program: send(program, folder / "sending", list_of[program], server)))
        list_of.update({program: prepared(program, folder, server, list_of["csv"])
                        for program in (options.old, options.new)})
        worst = max(compare(options, *job) for job in jobs)
        server.stop()
    if worst > MOST:
        print(f"a job takes more than {MOST} times as long")
        return 1
    return 0


def compare(options, name, runs, job):
    """Runs a job in pairs, and prints and returns the median ratio of the time."""
    ratios = ([], [])
    job(options.old), job(options.new)
    for number in range(runs):
        order = [options.old, options.new] if number % 2 == 0 else [options.new, options.old]
        took = {program: job(program) for program in order}
        for kind in (0, 1):
            ratios[kind].append(took[options.new][kind] / max(took[options.old][kind], 1e-6))
    wall, cpu = (statistics.median(kind) for kind in ratios)
    print(f"{name}: {runs} pairs, new/old {wall:.3f} of the time, {cpu:.3f} of the user CPU time")
    return wall


def timed(command, codes=(0,)):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    took = time.perf_counter() - began
    if done.returncode not in codes:
        sys.exit(f"{command} ended with {done.returncode}: {done.stderr.decode()}")
    return took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def sample(folder):
    folder.mkdir()
    shutil.copytree(REPOSITORY / "issues", folder / "issues")
    shutil.copy(REPOSITORY / "postrider.toml", folder)
    return folder


def readable(program, newsletter, issue):
    command = [program, "--quiet", "--root", newsletter, "check", issue]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False)
    return done.returncode in (0, 4)


def mailing_list(folder, messages):
    path = folder / "list.csv"
    rows = "".join(f"reader-{number}@example.org\n" for number in range(messages))
    path.write_text("email\n" + rows)
    return {"csv": path}


def prepared(program, folder, server, csv):
    """A newsletter over SMTP whose list this program imported."""
    newsletter = sample(folder / f"list-of-{program.parent.parent.name}-{program.name}")
    config = newsletter / "postrider.toml"
    text = config.read_text().replace('via = "outbox"', 'via = "smtp"')
    config.write_text(f'{text}\n[smtp]\nurl = "smtp+plain://127.0.0.1:{server.port}"\n'
                      'connections = 4\n')
    (newsletter / "subscribers").mkdir()
    timed([program, "--quiet", "--root", newsletter, "subscribers", "import", csv])
    return newsletter


def send(program, folder, newsletter, server):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(newsletter, folder)
    issue = next((folder / "issues").glob("2*.md"))
    return timed([program, "--quiet", "--root", folder, "send", issue, "--yes"])


class Sink:
    """`smtp-sink` on a free port of the loopback."""

    def __init__(self):
        program = shutil.which("smtp-sink", path=os.environ["PATH"] + ":/usr/sbin")
        if program is None:
            sys.exit("smtp-sink is missing: apt-get install postfix")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        self.process = subprocess.Popen([program, *user, f"127.0.0.1:{self.port}", "100"])
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        sys.exit("smtp-sink does not listen")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("old", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("new", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--corpus", type=pathlib.Path,
                        default=REPOSITORY / "../shared/corpus")
    return parser.parse_args()


sys.exit(main())
