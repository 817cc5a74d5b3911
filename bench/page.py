"""What the page costs a browser: a long answer in a long conversation, opening one, memory, and what is loaded.

Run with `make bench`. The processor is slowed to a quarter, but for sizes and where a line says otherwise. Fails when a
figure is above its limit.
"""

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.markdown import Writer
from bench.soak.figure import MIB, Figure
from tests.browser.conftest import DESKTOP, sign_in
from tests.site import Site
from tests.upstream.process import Upstream

SLOWED = 4
ANSWER_CHARS = 20_000
TOKEN_CHARS = 4
TOKENS_PER_SECOND = 100
# Watched from the page's own frames: the last message is Markdown and within the window once this has been painted.
WATCH = """
window.readable = new Promise((resolve) => {
  const look = () => {
    const scroller = document.querySelector("#scroller");
    const last = document.querySelector("article:last-of-type > .text.markdown");
    const bottom = last?.getBoundingClientRect().bottom ?? Infinity;
    if (!scroller || bottom > scroller.getBoundingClientRect().bottom) return requestAnimationFrame(look);
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  };
  requestAnimationFrame(look);
});
"""
LONGEST_TASK = """() => {
  window.longest = 0;
  const note = (list) => { for (const { duration } of list.getEntries()) longest = Math.max(longest, duration); };
  new PerformanceObserver(note).observe({ type: "longtask" });
}"""
# What is in the page before there is anything to colour or to typeset.
LOADED = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => /\\.(m?js|css)$/.test(new URL(name).pathname))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""
# Looked at in the page, twice a second: Playwright's own way of finding things costs much in a long thread.
ANSWERED = """() => new Promise((resolve) => {
  const stop = document.querySelector("button.stop");
  let begun = false;
  const timer = setInterval(() => {
    begun ||= !stop.hidden;
    if (begun && stop.hidden) resolve(clearInterval(timer));
  }, 500);
})"""
FILL = """
from uuid import uuid4
from bench.markdown import Writer
writer = Writer()
row = Conversation.objects.create(owner=User.objects.get(username="alice"), title="A long talk")
said = []
for place in range({count}):
    role, content = ("assistant", writer.answer(1000)) if place % 2 else ("user", writer.paragraph())
    parent = said[-1].pk if said else None
    said.append(Message(id=uuid4(), conversation=row, parent_id=parent, role=role, content=content))
Message.objects.bulk_create(said)
print(row.pk, said[0].pk)
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's chromium, headless."""
    flags = ["--disable-gpu", "--no-first-run", "--disable-background-networking"]
    # As root, as in most containers, chromium's sandbox cannot be set up.
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        yield browser
        browser.close()


def slow(page: Page, rate: int = SLOWED) -> CDPSession:
    """Slow the page's processor down. Returns the session that holds it there."""
    tools = page.context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    tools.send("Performance.enable")
    return tools


def metric(tools: CDPSession, name: str) -> float:
    """Return one of the browser's own figures; times are in seconds."""
    found = {each["name"]: each["value"] for each in tools.send("Performance.getMetrics")["metrics"]}
    return float(found[name])


def heap(tools: CDPSession) -> float:
    """Return what the page's scripts hold, in MiB."""
    tools.send("HeapProfiler.collectGarbage")
    return metric(tools, "JSHeapUsedSize") / MIB


def ask(page: Page, question: str) -> None:
    """Ask in the page; the box has the focus."""
    page.keyboard.insert_text(question)
    page.keyboard.press("Enter")


def until_answered(page: Page) -> None:
    """Wait until the answer that was just asked for is complete."""
    page.evaluate(ANSWERED)


def streamed(page: Page, address: str, shown: str) -> Iterator[Figure]:
    """One long answer, at the pace of a quick model."""
    page.goto(address)
    page.locator("article .markdown").last.wait_for()
    tools = slow(page)
    page.evaluate(LONGEST_TASK)
    ask(page, "bench: steadily")
    busy, began = metric(tools, "TaskDuration"), metric(tools, "Timestamp")
    until_answered(page)
    busy, took = metric(tools, "TaskDuration") - busy, metric(tools, "Timestamp") - began
    yield Figure(f"20 kB answer, {shown}: longest task (0: none of 50)", page.evaluate("longest"), 50, "ms")
    yield Figure(f"20 kB answer, {shown}: main thread busy", 100 * busy / took, 25, "%")


def opened(page: Page, address: str, rate: int, times: int) -> Figure:
    """Open a conversation: from the beginning of the navigation until its end can be read; the median."""
    tools = slow(page, rate)
    took = []
    for _ in range(times):
        page.goto(address)
        took.append(page.evaluate("readable"))
    tools.detach()
    name = "1,000 messages: open to readable" + ("" if rate == SLOWED else ", full speed")
    return Figure(name, statistics.median(took), 300, "ms")


def grown(page: Page, answers: int) -> Figure:
    """Ask one question after the other, each answered at length."""
    tools = slow(page, 1)
    ask(page, "bench: at once")
    until_answered(page)
    before = heap(tools)
    for _ in range(answers):
        ask(page, "bench: at once")
        until_answered(page)
    return Figure(f"heap growth after {answers} answers of 20 kB", heap(tools) - before, 20, "MiB")


def measure(site: Site, browser: Browser) -> Iterator[Figure]:
    """Measure everything, each in a page of its own."""

    def fresh() -> Page:
        context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
        context.set_default_timeout(60_000)
        return sign_in(context.new_page(), site, "alice")

    page = fresh()
    yield Figure("JavaScript and CSS before colours and formulas", page.evaluate(LOADED) / 1000, 150, "kB")
    name, _ = site.shell(FILL.format(count=1000)).split()
    page.add_init_script(WATCH)
    for rate in (1, SLOWED):
        yield opened(page, f"{site.url}/c/{name}", rate, 7)
    name, first = site.shell(FILL.format(count=500)).split()
    yield from streamed(fresh(), f"{site.url}/c/{name}?at={first}", "500 messages shown")
    yield from streamed(fresh(), f"{site.url}/c/{name}", "500 messages, the last 40 shown")
    yield grown(fresh(), 20)


def main() -> int:
    """Print the table. Returns 1 if a figure is above its limit."""
    text = Writer().answer(ANSWER_CHARS)
    pieces = [text[at : at + TOKEN_CHARS] for at in range(0, len(text), TOKEN_CHARS)]
    kept = True
    with tempfile.TemporaryDirectory() as directory, Upstream() as upstream, chromium() as browser:
        upstream.script_prompt("bench: at once", text=pieces)
        upstream.script_prompt("bench: steadily", text=pieces, delay=1 / TOKENS_PER_SECOND)
        with Site(Path(directory) / "data", {"OPENAI_BASE_URL": upstream.base_url}) as site:
            print(f"{f'a browser on a processor slowed {SLOWED}×':<72} {'measured':>10} {'at most':>10}")
            for figure in measure(site, browser):
                print(f"{figure.name:<72} {figure.value:10.1f} {figure.limit:10.1f} {figure.unit}", flush=True)
                kept = kept and figure.kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
