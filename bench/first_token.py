"""How much later the first token reaches a client than it left the upstream: one user, the whole site.

Run with `make bench`. The scripted upstream writes the monotonic time of its sending into each token, and the clock is
the same for all processes of a machine, so the difference is what chatsite adds, network stack included.
"""

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.harness.site import Site
from tests.harness.stream import parse
from tests.harness.upstream.process import Upstream

MODEL = "gpt-4o-mini"


def delays(site: Site, person: str, questions: int) -> tuple[list[float], list[float], list[float]]:
    """Return per question, in ms: the first token's delay, the later tokens' delays, Send to first token."""
    first: list[float] = []
    later: list[float] = []
    waits: list[float] = []
    with closing(site.session(person)) as client:
        for number in range(questions):
            sent = time.monotonic()
            body = {"message": f"bench {number}", "model": MODEL}
            with client.stream("POST", "/api/chat/stream", json=body) as response:
                seen = 0
                for _, event in parse(response.iter_lines()):
                    if event["type"] != "token":
                        continue
                    now = time.monotonic()
                    # Tokens that were merged on the way count by the oldest.
                    delay = (now - float(event["content"].split()[0])) * 1000
                    (later if seen else first).append(delay)
                    if not seen:
                        waits.append((now - sent) * 1000)
                    seen += 1
    return first, later, waits


def row(name: str, values: list[float]) -> str:
    """Return a line of the table: p50, p95 and the worst, in ms."""
    ordered = sorted(values)
    p95 = ordered[int(len(ordered) * 0.95) - 1]
    return f"{name:<44} {statistics.median(ordered):8.1f} {p95:8.1f} {ordered[-1]:8.1f}"


def main() -> None:
    """Start everything, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=50)
    questions = parser.parse_args().questions
    with tempfile.TemporaryDirectory() as directory, Upstream() as upstream:
        upstream.script(MODEL, stamps=True, tokens=40, delay=0.02, delay_first=0.05)
        with Site(Path(directory) / "data", {"OPENAI_BASE_URL": upstream.base_url}) as site:
            delays(site, "alice", 3)
            first, later, waits = delays(site, "alice", questions)
            status = Path(f"/proc/{site.process.pid}/status").read_text()
    memory = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    print(f"{'ms, ' + str(questions) + ' questions, one user':<44} {'p50':>8} {'p95':>8} {'worst':>8}")
    print(row("upstream's first token → client's", first))
    print(row("a later token", later))
    print(row("Send → first token (upstream waits 50 ms)", waits))
    print(f"server memory: {int(memory) / 1024:.0f} MB")


if __name__ == "__main__":
    main()
