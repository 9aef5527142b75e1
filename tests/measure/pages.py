#!/usr/bin/env python3
"""Measures how `serve` answers readers while others hold its connections.

    tests/measure/pages.py POSTRIDER [--seconds N] [--rate N]

Readers unsubscribe at a steady rate (200 a second), each over a connection of
its own, and `/healthz` is asked every second. Beside them, in turn: nobody; 600
connections that send requests and never read; 10,000 that are idle; 600 that
send their headers, and 600 that send a body, one byte a second. A connection
that is closed is opened again after five seconds. Each is tried twice: the others
come from a proxy (the loopback addresses are one by default), and from
strangers of 50 addresses, to whom the limits of a client apply.

The server may open 1,024 files. Prints the slowest and the median answer, and
fails if a reader got no page, if one is still subscribed, or if the slowest
answer took more than two seconds.
"""

import argparse
import asyncio
import json
import mailbox
import multiprocessing
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

MOST_SECONDS = 2.0
ONE_CLICK = b"List-Unsubscribe=One-Click"
SETTINGS = """\
[newsletter]
name = "The Weekly"
slug = "weekly"
from = "Weekly <weekly@news.example.org>"
postal_address = "1 Coach Road"
[proof]
required = false
[delivery]
via = "outbox"
"""


def main():
    options = arguments()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most < 12_000:
        sys.exit(f"10,000 connections need 12,000 open files, and the limit is {most}")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
    print(f"{'beside the readers':34} {'answers':>8} {'median':>9} {'slowest':>9} {'health':>9}")
    each = options.seconds * options.rate
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        links = newsletter(options.postrider, folder, 2 * len(BESIDE) * each)
        unsubscribed = 0
        for proxies, named in (("127.0.0.0/8", "proxy"), ("192.0.2.1", "strangers")):
            server, port = serve(options.postrider, folder, proxies)
            try:
                for name, (count, behave) in BESIDE.items():
                    mine, links = links[:each], links[each:]
                    others = multiprocessing.Process(
                        target=hold, args=(port, count, behave, mine[0]), daemon=True
                    )
                    others.start()
                    time.sleep(3 if count else 0)
                    answers, health = asyncio.run(readers(port, mine, options.rate))
                    others.kill()
                    others.join()
                    times = sorted(t for t, status in answers if status == 200)
                    unsubscribed += len(mine)
                    lost = len(mine) - len(times)
                    slowest = max(t for t, _ in answers)
                    fine &= lost == 0 and slowest <= MOST_SECONDS and all(s == 200 for _, s in health)
                    print(
                        f"{name + ', ' + named:34} {len(times):>8} {statistics.median(times):>8.3f}s"
                        f" {slowest:>8.3f}s {max(t for t, _ in health):>8.3f}s"
                        + (f"  {lost} LOST" if lost else ""),
                        flush=True,
                    )
            finally:
                server.terminate()
                server.wait()
        counted = stats(options.postrider, folder)["by_status"]["unsubscribed"]
        print(f"{unsubscribed} readers asked, and {counted} are unsubscribed")
        fine &= counted == unsubscribed
    sys.exit(0 if fine else 1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("postrider", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rate", type=int, default=200)
    return parser.parse_args()


def newsletter(postrider, folder, readers):
    """A newsletter whose readers all have a mail; the paths of their links."""
    (folder / "postrider.toml").write_text(SETTINGS)
    (folder / "issues").mkdir()
    (folder / "issues/one.md").write_text("---\ntitle: One\n---\n\nHello.\n")
    rows = "".join(f"reader-{number}@example.org\n" for number in range(readers))
    (folder / "list.csv").write_text("email\n" + rows)
    for command in (["subscribers", "import", "list.csv"], ["send", "issues/one.md", "--yes"]):
        subprocess.run([postrider, *command], cwd=folder, check=True, capture_output=True)
    links = []
    for message in mailbox.Maildir(folder / "outbox"):
        links.append(re.search(r"/unsubscribe/[\w-]+", message["List-Unsubscribe"])[0])
    assert len(set(links)) == readers
    return links


def serve(postrider, folder, proxies):
    def few_files():
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))

    server = subprocess.Popen(
        [postrider, "serve", "--listen", "127.0.0.1:0"],
        cwd=folder,
        env={**os.environ, "POSTRIDER_SERVE_TRUSTED_PROXIES": proxies},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=few_files,
    )
    port = int(re.search(r":(\d+)$", server.stderr.readline().strip())[1])
    multiprocessing.Process(target=drain, args=(server.stderr,), daemon=True).start()
    return server, port


def drain(stream):
    for _ in stream:
        pass


def stats(postrider, folder):
    run = subprocess.run(
        [postrider, "subscribers", "stats", "--json"],
        cwd=folder, check=True, capture_output=True, text=True,
    )
    return json.loads(run.stdout)


async def readers(port, links, rate):
    """Each reader's answer, and those of the health checks, with their times."""
    began = time.monotonic()
    asked, health = [], []
    for number, link in enumerate(links):
        await asyncio.sleep(max(0, began + number / rate - time.monotonic()))
        asked.append(asyncio.create_task(ask(port, "POST", link, ONE_CLICK)))
        if number % rate == 0:
            health.append(asyncio.create_task(ask(port, "GET", "/healthz")))
    return await asyncio.gather(*asked), await asyncio.gather(*health)


async def ask(port, method, path, body=b""):
    began = time.monotonic()
    head = f"{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    status = 0
    try:
        async with asyncio.timeout(60):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head.encode() + body)
            answer = await reader.read()
            writer.close()
            status = int(answer.split(b" ", 2)[1]) if answer else 0
    except (OSError, TimeoutError, IndexError, ValueError):
        pass
    return time.monotonic() - began, status


def hold(port, count, behave, link):
    async def all_of_them():
        loop = asyncio.get_running_loop()

        async def one(number):
            # 50 addresses of 10 networks.
            source = (f"127.0.{2 + number % 10}.{1 + number // 10 % 5}", 0)
            await asyncio.sleep(number / count * 2)
            while True:
                try:
                    reader, writer = await asyncio.open_connection(
                        "127.0.0.1", port, local_addr=source
                    )
                    await behave(reader, writer, link)
                except OSError:
                    pass
                finally:
                    await asyncio.sleep(5)

        loop.set_exception_handler(lambda *_: None)
        await asyncio.gather(*(one(number) for number in range(count)))

    asyncio.run(all_of_them())


async def never_read(reader, writer, _):
    reader._transport.pause_reading()
    request = b"GET /unsubscribe/x HTTP/1.1\r\nHost: h\r\n\r\n" * 100
    try:
        while True:
            writer.write(request)
            await writer.drain()
            await asyncio.sleep(0.05)
    finally:
        writer.transport.abort()


async def idle(reader, writer, _):
    await reader.read()
    writer.close()


async def slowly(reader, writer, text):
    ended = asyncio.create_task(reader.read())
    for byte in text:
        writer.write(bytes([byte]))
        done, _ = await asyncio.wait([ended], timeout=1)
        if done:
            break
    writer.close()


async def slow_headers(reader, writer, _):
    await slowly(reader, writer, b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 1000)


async def slow_body(reader, writer, link):
    writer.write(f"POST {link}x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n".encode())
    await slowly(reader, writer, b"x" * 1000)


BESIDE = {
    "nobody": (0, idle),
    "600 that never read": (600, never_read),
    "10,000 idle": (10_000, idle),
    "600 with slow headers": (600, slow_headers),
    "600 with slow bodies": (600, slow_body),
}

if __name__ == "__main__":
    main()
