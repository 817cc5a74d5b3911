"""`manage.py loadtest URL`: how a site does under load, in the figures of docs/benchmarks.md."""

import asyncio
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.load.crowd import Crowd, Load, Report
from chat.load.process import MIB, ProcessUsage

KEY_VARIABLE = "CHATSITE_API_KEY"


class Command(BaseCommand):
    help = (
        "Asks a site many questions at once and prints what the streams took. The site needs the model `load`: run "
        "`python -m chat.load.upstream --port 9100` and connect http://127.0.0.1:9100/v1 as a provider of OpenAI's "
        "format, on the machine that this runs on, for the clock. The conversations are temporary. The limit of "
        "streams for each user holds here, too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url")
        parser.add_argument("--key", help=f"an API key; otherwise that in {KEY_VARIABLE}")
        parser.add_argument("--model", default="load")
        parser.add_argument("--streams", type=int, default=10)
        parser.add_argument("--tokens", type=int, default=200, help="of each answer")
        parser.add_argument("--pace", type=int, default=20, help="tokens per second of each answer; 0 is flat out")
        parser.add_argument("--arrivals", type=float, default=20, help="questions per second; 0 is all at once")
        parser.add_argument("--pid", type=int, help="the server's process on this machine, for its CPU and memory")

    def handle(self, *args: Any, **options: Any) -> None:
        key = options["key"] or os.environ.get(KEY_VARIABLE, "")
        if not key:
            raise CommandError(f"An API key is needed: --key, or {KEY_VARIABLE} (manage.py createapikey makes one).")
        load = Load(
            url=options["url"],
            path="/api/chat/stream",
            body=f'{{"message":"WISH","model":"{options["model"]}","temporary":true}}',
            headers={"Authorization": f"Bearer {key}"},
            streams=options["streams"],
            per_second=options["arrivals"],
            tokens=options["tokens"],
            pace=options["pace"],
        )
        process = ProcessUsage.begin(options["pid"]) if options["pid"] else None
        report = asyncio.run(_carry_out(load))
        self._print(report)
        if process is not None:
            self._print_process(process.end(), report)
        if not report.is_clean:
            raise CommandError("Not every answer came whole.")

    def _print(self, report: Report) -> None:
        self.stdout.write(f"{report.streams} streams, {report.tokens:,} tokens in {report.seconds:g} s")
        self.stdout.write(f"{'ms':<24} {'p50':>9} {'p95':>9} {'p99':>9}")
        for name, values in (("time to first token", report.ttft), ("lag of a token", report.lag)):
            self.stdout.write(f"{name:<24} " + " ".join(f"{value:>9.1f}" for value in values))
        self.stdout.write(f"truncated {report.truncated}, errors {report.errors}, tokens lost {report.lost}")

    def _print_process(self, process: ProcessUsage, report: Report) -> None:
        self.stdout.write(f"CPU {process.cpu / max(1, report.tokens) * 1e6:.0f} µs per token, questions and all")
        each = (process.peak - process.idle) / max(1, report.streams) / 1024
        self.stdout.write(
            f"memory {process.idle // MIB} MiB before, {process.peak // MIB} at most, {each:.0f} KiB per stream"
        )


async def _carry_out(load: Load) -> Report:
    return await Crowd(load).run()
