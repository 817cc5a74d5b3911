"""What a crowd that signs in costs everybody else.

`python bench/signin.py`: 60 sign-ins at once, beside which a probe and a first token are timed; then 500 a minute from
50 addresses, as a proxy tells them, beside 200 streams: their lag and the server's memory, with and without.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx2

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from chat.load.crowd import Crowd, Load, Report
from chat.load.process import MIB, memory
from tests.harness.nginx import free_port
from tests.harness.site import PASSWORD, Site

DOOR = "/accounts/login/"
AT_ONCE = 60
ADDRESSES = 50
PER_MINUTE = 500
STREAMS = 200
PACE = 20
MAKE_PEOPLE = f"""
from django.contrib.auth.hashers import make_password
stored = make_password({PASSWORD!r})
User.objects.bulk_create(User(username=f"person{{n}}", password=stored) for n in range({ADDRESSES}))
"""


def browser(site: Site, number: int) -> httpx2.AsyncClient:
    """Return a client at an address of its own. Reading the system's certificates would take it longest."""
    headers = {"X-Forwarded-For": f"198.51.100.{number + 1}"}
    return httpx2.AsyncClient(base_url=site.url, headers=headers, timeout=120, trust_env=False, verify=False)


async def sign_in(site: Site, number: int, password: str) -> int:
    """Return the status of an attempt."""
    async with browser(site, number) as client:
        await client.get(DOOR)
        form = {"login": f"person{number}", "password": password, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        return (await client.post(DOOR, data=form)).status_code


async def answering(site: Site) -> tuple[float, float]:
    """Return the seconds to a probe's answer, and to a first token."""
    headers = {"Authorization": f"Bearer {site.keys['alice']}"}
    async with httpx2.AsyncClient(
        base_url=site.url, headers=headers, timeout=120, trust_env=False, verify=False
    ) as client:
        began = time.monotonic()
        await client.get("/healthz")
        probe = time.monotonic() - began
        began = time.monotonic()
        body = {"message": "2 tokens at 0/s", "model": "load", "temporary": True}
        async with client.stream("POST", "/api/chat/stream", json=body) as response:
            async for line in response.aiter_lines():
                if '"type":"token"' in line:
                    return probe, time.monotonic() - began
    raise RuntimeError("There was no token.")


async def at_once(site: Site) -> None:
    """Sign in all at once, and ask meanwhile."""
    crowd = asyncio.gather(*(sign_in(site, number % ADDRESSES, PASSWORD) for number in range(AT_ONCE)))
    waits = []
    while not crowd.done():
        waits.append(await answering(site))
    probe, token = (max(each) * 1000 for each in zip(*waits, strict=True))
    statuses = dict(Counter(await crowd))
    print(
        f"{AT_ONCE} sign-ins at once {statuses}: worst of {len(waits)}: /healthz {probe:.0f} ms, token {token:.0f} ms"
    )


async def keep_signing_in(site: Site, seen: "Counter[int]") -> None:
    """Sign in at a steady rate until cancelled, every second time with a wrong password."""
    number = 0
    async with asyncio.TaskGroup() as tasks:

        async def once(number: int) -> None:
            password = PASSWORD if number // ADDRESSES % 2 else "a guess"
            seen[await sign_in(site, number % ADDRESSES, password)] += 1

        while True:
            tasks.create_task(once(number))
            number += 1
            await asyncio.sleep(60 / PER_MINUTE)


def streams(site: Site, seconds: int) -> Load:
    """Return the load of answers that last for so long."""
    return Load(
        url=site.url,
        path="/api/chat/stream",
        body='{"message":"WISH","model":"load","temporary":true}',
        headers={"Authorization": f"Bearer {site.keys['alice']}"},
        streams=STREAMS,
        per_second=20,
        tokens=seconds * PACE,
        pace=PACE,
    )


def row(name: str, site: Site, before: int, report: Report) -> None:
    """Print a line of the table."""
    lag = " / ".join(f"{each:.0f}" for each in report.lag)
    failed = f"{report.truncated}, {report.errors}, {report.lost}"
    print(f"| {name} | {lag} | {before // MIB} → {memory(site.process.pid) // MIB} | {failed} |", flush=True)


async def measure(site: Site, seconds: int) -> None:
    """Print what both crowds do."""
    await at_once(site)
    await Crowd(streams(site, 2)).run()
    print("| | lag p50 / p95 / p99, ms | memory before → after, MiB | truncated, errors, lost |\n|---|---|---|---|")
    before = memory(site.process.pid)
    row(f"{STREAMS} streams", site, before, await Crowd(streams(site, seconds)).run())
    seen: Counter[int] = Counter()
    signing_in = asyncio.create_task(keep_signing_in(site, seen))
    before = memory(site.process.pid)
    row(f"and {PER_MINUTE} sign-ins a minute", site, before, await Crowd(streams(site, seconds)).run())
    signing_in.cancel()
    with suppress(asyncio.CancelledError):
        await signing_in
    print(f"sign-ins by status: {dict(seen)}")


def main() -> None:
    """Start everything, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="that each answer lasts")
    seconds = parser.parse_args().seconds
    port = free_port()
    upstream = subprocess.Popen([sys.executable, "-m", "chat.load.upstream", "--port", str(port)], cwd=ROOT)
    environment = {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        "OPENAI_API_KEY": "sk-bench",
        "CHAT_MAX_STREAMS_PER_USER": "0",
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    try:
        with tempfile.TemporaryDirectory() as directory, Site(Path(directory), environment) as site:
            site.shell(MAKE_PEOPLE)
            site.until_listed("load")
            asyncio.run(measure(site, seconds))
    finally:
        upstream.terminate()


if __name__ == "__main__":
    main()
