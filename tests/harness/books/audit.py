"""Checks the books as a stranger would: the upstream's own log and a price list of its own against what is stored.

Nothing of the app is used: rows are read with SQL, sums are made with Decimal.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from tests.harness.upstream.record import Record

Row = dict[str, Any]


def rates(*amounts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, amounts))


# Dollars per million tokens: input, from the cache, output, written to the cache, and kept there for long; where the
# last two are missing they cost what other input costs. By model and by what it is charged. What is not here has no
# price.
PRICES: Final = {
    ("gpt-4o", ""): rates("2.50", "1.25", "10.00"),
    ("gpt-4o", "priority"): rates("4.25", "2.125", "17.00"),
    ("gpt-4o-mini", ""): rates("0.15", "0.075", "0.60"),
    ("gpt-4o-mini", "priority"): rates("0.25", "0.125", "1.00"),
    ("o3-mini", ""): rates("1.10", "0.55", "4.40"),
    ("gpt-6-astra", ""): rates("10", "1", "50", "12.5"),
    ("gpt-6-astra", "priority"): rates("20", "2", "100", "25"),
    ("gpt-6-astra", "flex"): rates("5", "0.5", "25", "6.25"),
    ("claude-opus-5", ""): rates("5", "0.5", "25", "6.25", "10"),
    ("claude-opus-5", "speed fast"): rates("10", "1", "50", "12.5", "20"),
}
# OpenAI calls its priority so, too.
PRICES.update({(model, "fast"): each for (model, tier), each in list(PRICES.items()) if tier == "priority"})
# A search, of the models that have a price for one.
SEARCH: Final = {name: Decimal("0.01") for name in ("gpt-4o", "gpt-4o-mini", "gpt-6-astra", "claude-opus-5")}
# What costs what it always does.
STANDARD: Final = ("", "default", "auto", "standard", "speed standard", "global", "not_available")
MILLION: Final = Decimal(10**6)
UNIT: Final = Decimal(10) ** -12
LEDGER: Final = """
    SELECT u.kind, u.attempt, u.username, u.provider, u.model, u.source, u.prompt_tokens, u.cached_tokens,
        u.cache_write_tokens, u.long_cache_write_tokens, u.cache_write_lifetimes, u.completion_tokens,
        u.reasoning_tokens, u.web_searches, u.service_tier, u.speed, u.inference_geo, u.input_cost, u.output_cost,
        u.search_cost, u.cost, u.cache_saving, u.provider_cost, u.finish_reason, u.finish_detail, u.error_type,
        u.created_at, u.asked_at, u.price_id, q.content AS question
    FROM chat_usagerecord u
    LEFT JOIN chat_message a ON a.id = u.message_id LEFT JOIN chat_message q ON q.id = a.parent_id
    ORDER BY u.generation_id, u.attempt
"""
TOTALS: Final = """
    SELECT grain, day, username, model, SUM(requests) AS requests, SUM(prompt_tokens) AS prompt,
        SUM(completion_tokens) AS completion, SUM(cost_millionths) AS millionths, SUM(cost_rest) AS rest,
        SUM(unpriced) AS unpriced, SUM(errors) AS errors
    FROM chat_dailytotal GROUP BY grain, day, username, model
"""


@dataclass(slots=True)
class Findings:
    """What the audit found: how many rows it looked at, by their kind, and everything that is wrong with them."""

    rows: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, due: object) -> None:
        """Note it where something is not as it is due."""
        if found != due:
            self.wrong.append(f"{what}: {found} instead of {due}")


def read(database: str | Path) -> tuple[list[Row], list[Row]]:
    """Return the rows of the ledger and the daily totals from a SQLite file or a PostgreSQL address."""
    if isinstance(database, Path):
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as file:
            file.row_factory = sqlite3.Row
            ledger, totals = ([dict(row) for row in file.execute(query)] for query in (LEDGER, TOTALS))
        file.close()
        return ledger, totals
    with psycopg.connect(database, row_factory=dict_row) as server:
        return server.execute(LEDGER).fetchall(), server.execute(TOTALS).fetchall()


def audit(log: Iterable[Record], database: str | Path) -> Findings:
    """Compare what the upstream did with what is on the books."""
    findings = Findings()
    ledger, totals = read(database)
    asked: defaultdict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in sorted(log, key=lambda each: each.at):
        if record.method == "POST":
            asked[_subject(record)].append(record)
    booked: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in ledger:
        booked[row["kind"], row["question"]].append(row)
    for subject in sorted({*asked, *booked}):
        rows, requests = booked[subject], asked[subject]
        findings.expect(f"{subject}, rows", len(rows), len(requests))
        for row, record in zip(rows, requests, strict=False):
            _compare(findings, f"{subject}, attempt {row['attempt']}", row, record)
    _sum(findings, ledger, totals)
    return findings


def _subject(record: Record) -> tuple[str, str]:
    """Return what a request was for, and the question it began with; a title is asked for with the whole talk."""
    first = next(turn["content"] for turn in record.body["messages"] if turn["role"] == "user")
    is_title = any(turn["role"] == "system" for turn in record.body["messages"]) or "system" in record.body
    return ("title", first.partition("\n\n")[0]) if is_title else ("answer", first)


def _compare(findings: Findings, name: str, row: Row, record: Record) -> None:
    findings.rows[f"{row['kind']}, {row['source']}, {row['error_type'] or row['finish_reason']}"] += 1
    due = next((usage["due"] for usage in reversed(record.told) if "due" in usage), None)
    if due is not None and record.ended == "complete":
        for column, value in due.items():
            found = row[column]
            if column == "cache_write_lifetimes" and isinstance(found, str):
                found = json.loads(found)
            findings.expect(f"{name}, {column}", found, value)
    else:
        _compare_counts(findings, name, row, record)
    findings.expect(f"{name}, model", row["model"].rpartition("/")[2], record.model)
    findings.expect(f"{name}, cost", _amount(row["cost"]), _cost(row))
    own = _own_cost(row)
    parts = [_amount(row[part]) for part in ("input_cost", "output_cost", "search_cost", "cache_saving")]
    findings.expect(f"{name}, parts", parts, [None] * 4 if own is None else list(own))
    findings.expect(f"{name}, asked before booked", row["asked_at"] < row["created_at"], True)


def _compare_counts(findings: Findings, name: str, row: Row, record: Record) -> None:
    told = _told(record)
    if row["source"] == "provider":
        for count in ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens"):
            if row[count] is not None or count in ("prompt_tokens", "completion_tokens"):
                findings.expect(f"{name}, {count}", row[count], told.get(count))
    elif record.ended == "complete" and len(told) == 4 and not row["error_type"]:
        findings.wrong.append(f"{name}: estimated, though the provider told {told}")


def _told(record: Record) -> dict[str, int]:
    """Return what the upstream counted last, in its own words turned into the ledger's."""
    told: dict[str, int] = {}
    for usage in record.told:
        if "input_tokens" in usage:
            cached = usage["cache_read_input_tokens"]
            written = usage["cache_creation_input_tokens"]
            told |= {"prompt_tokens": usage["input_tokens"] + cached + written, "cached_tokens": cached}
        elif "output_tokens" in usage:
            told["completion_tokens"] = usage["output_tokens"]
            told["reasoning_tokens"] = usage["output_tokens_details"]["thinking_tokens"]
        else:
            told["prompt_tokens"], told["completion_tokens"] = usage["prompt_tokens"], usage["completion_tokens"]
            told["cached_tokens"] = usage["prompt_tokens_details"]["cached_tokens"]
            told["reasoning_tokens"] = usage["completion_tokens_details"]["reasoning_tokens"]
    return told


def _cost(row: Mapping[str, Any]) -> Decimal | None:
    """Return what a row costs: at our own price, or else at the provider's."""
    own = _own_cost(row)
    return _amount(row["provider_cost"]) if own is None else own[0] + own[1] + (own[2] or 0)


def _own_cost(row: Mapping[str, Any]) -> tuple[Decimal, Decimal, Decimal | None, Decimal] | None:
    """Return input, output, searches and what the cache saved; None where it is unknown."""
    model = row["model"].rpartition("/")[2]
    by = {"service_tier": row["service_tier"], "speed": row["speed"] and f"speed {row['speed']}"}
    by["inference_geo"] = row["inference_geo"]
    others = [word for word in by.values() if word not in STANDARD]
    price = PRICES.get((model, others[0] if others else "")) if len(others) < 2 else None
    searches = row["web_searches"] or 0
    if price is None or row["prompt_tokens"] is None or row["completion_tokens"] is None:
        return None
    if searches and model not in SEARCH:
        return None
    fresh_rate, cached_rate, out_rate, *rest = price
    cached, written, kept = (row[f"{name}_tokens"] or 0 for name in ("cached", "cache_write", "long_cache_write"))
    lifetimes = row["cache_write_lifetimes"] or "{}"
    lifetimes = json.loads(lifetimes) if isinstance(lifetimes, str) else lifetimes
    if "12h" in lifetimes:
        if len(rest) == 1:
            return None
        kept = lifetimes["12h"]
    written_rate = rest[0] if rest else fresh_rate
    kept_rate = rest[1] if len(rest) > 1 else written_rate
    through = cached * cached_rate + (written - kept) * written_rate + kept * kept_rate
    into = (row["prompt_tokens"] - cached - written) * fresh_rate + through
    saving = (cached + written) * fresh_rate - through
    of_searches = searches * SEARCH[model] if searches else None
    return into / MILLION, row["completion_tokens"] * out_rate / MILLION, of_searches, saving / MILLION


def _amount(units: int | None) -> Decimal | None:
    return None if units is None else units * UNIT


def _sum(findings: Findings, ledger: list[Row], totals: list[Row]) -> None:
    """Compare the sums of each day by user and by model."""
    for grain, names in (("finest", ("username", "model")), ("user", ("username",)), ("model", ("model",))):
        due: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        costs: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
        for row in ledger:
            key = (str(row["created_at"])[:10], *(row[name] for name in names))
            counts = due[key]
            counts["requests"] += 1
            counts["prompt"] += row["prompt_tokens"] or 0
            counts["completion"] += row["completion_tokens"] or 0
            counts["unpriced"] += row["price_id"] is None and row["cost"] is None
            counts["errors"] += row["error_type"] != ""
            costs[key] += _cost(row) or 0
        found = {(str(row["day"]), *(row[name] for name in names)): row for row in totals if row["grain"] == grain}
        findings.expect(f"{grain}, rows", sorted(found), sorted(due))
        for key, row in found.items():
            for name, count in due[key].items():
                findings.expect(f"{grain} {key}, {name}", int(row[name] or 0), count)
            cost = Decimal(int(row["millionths"] or 0)) / MILLION + int(row["rest"] or 0) * UNIT
            findings.expect(f"{grain} {key}, cost", cost, costs[key])
