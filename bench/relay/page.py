"""What was measured, as `docs/benchmarks.md` shows it: the part between two marks; the rest is written by people."""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.relay.scenarios import Outcome
from tests.harness.site import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
NAMES = {"raw": "raw asyncio", "usual": "FastAPI, uvicorn, SDK", "chatsite": "chatsite"}
HEAD = (
    "| | CPU, µs per token | to raw | ms per question | lag p50 / p95 / p99, ms | first token p50 / p95, ms "
    "| tokens/s | memory idle → peak, MiB | per stream, KiB | truncated, errors, lost |\n"
    "|---|---|---|---|---|---|---|---|---|---|\n"
)
PACKAGES = ("django", "daphne", "twisted", "openai", "httpx2", "fastapi", "uvicorn")


def table(rows: Mapping[str, Mapping[str, Outcome]]) -> str:
    """Return a table for each scenario."""
    return "\n".join(f"### {title}\n\n{HEAD}{''.join(_lines(found))}" for title, found in rows.items())


def _lines(found: Mapping[str, Outcome]) -> list[str]:
    return [_line(NAMES[relay], outcome, found.get("raw")) for relay, outcome in found.items()]


def _line(name: str, outcome: Outcome, raw: Outcome | None) -> str:
    report = outcome.report
    ratio = f"{outcome.per_token / raw.per_token:.1f} ×" if raw and raw.per_token else "–"
    cells = (
        name,
        f"{outcome.per_token:,.0f}",
        ratio,
        f"{outcome.per_question:,.1f}",
        " / ".join(f"{value:,.0f}" for value in report.lag),
        " / ".join(f"{value:,.0f}" for value in report.ttft[:2]),
        f"{report.tokens / report.seconds:,.0f}",
        f"{outcome.idle:,.0f} → {outcome.peak:,.0f}",
        f"{outcome.per_stream:,.0f}",
        f"{report.truncated}, {report.errors}, {report.lost}",
    )
    return f"| {' | '.join(cells)} |\n"


def machine() -> str:
    """Return what it was measured on, and with."""
    found = (line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line)
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{datetime.now(UTC):%d %B %Y}. {os.cpu_count()} × {next(found, platform.machine())}, "
        f"Linux {platform.release().partition('-')[0]}, Python {platform.python_version()}, {versions}."
    )


def write(text: str, command: str) -> Path:
    """Put the tables where the page has those of the last time."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{machine()} `{command}`\n\n{text}\n{END}{after}", encoding="utf-8")
    return PAGE
