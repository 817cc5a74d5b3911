"""What the page costs a browser, in time, bytes and memory. Many lines, because one run measures all on one page.

Run with `make bench`, or a part of it with `--only`. The processor is slowed to a quarter, but for sizes, memory and
where a line says otherwise. Fails when a figure is above its limit.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Browser, CDPSession, Page, Request, sync_playwright

from bench.markdown import Writer
from bench.soak.figure import MIB, Figure
from tests.harness.browser import CHROMIUM, DESKTOP, sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

SLOWED = 4
ANSWER_CHARS = 20_000
TOKEN_CHARS = 4
TOKENS_PER_SECOND = 100
LISTED = 10_000
# Whether all that is in the window is formatted, to the end of the thread: looked at in the page's own frames.
READABLE = """
window.untilReadable = (address) => new Promise((resolve) => {
  const look = () => {
    const window_ = document.querySelector("#scroller")?.getBoundingClientRect();
    const seen = [...document.querySelectorAll("article")].filter((each) => {
      const { top, bottom } = each.getBoundingClientRect();
      return bottom > window_.top && top < window_.bottom;
    });
    const ended = seen.at(-1)?.matches(":last-of-type");
    const formatted = seen.every((each) => each.querySelector(".text")?.matches(".markdown, [data-role=user] > *"));
    if (location.pathname !== address || !ended || !formatted) return requestAnimationFrame(look);
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  };
  requestAnimationFrame(look);
});
"""
LOAD = READABLE + "window.readable = untilReadable(location.pathname);"
# A slow line, as the browser's own tools make one: until a response begins, and then bytes a second in each direction.
LINE = {"offline": False, "latency": 300, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
# Somebody can type: the page gives the box the focus as the last thing it does.
USABLE = """
window.usable = new Promise((resolve) => {
  const look = () => {
    if (!document.activeElement?.matches("#composer textarea")) return requestAnimationFrame(look);
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  };
  requestAnimationFrame(look);
});
"""
CLICK = """async (link) => {
  const began = performance.now();
  link.click();
  return await untilReadable(link.pathname) - began;
}"""
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
LAST = """() => document.querySelector("article:last-child")?.dataset.messageId"""
ANSWERED = """(before) => new Promise((resolve) => {
  const timer = setInterval(() => {
    const { messageId, status } = document.querySelector("article:last-child")?.dataset ?? {};
    if (messageId && messageId !== before && status === "complete") resolve(clearInterval(timer));
  }, 500);
})"""
# To the end, as fast as it comes, and back again by a window at a time.
SCROLL = """async (count) => {
  const list = document.querySelector("#lists");
  const frame = () => new Promise(requestAnimationFrame);
  const rows = list.getElementsByTagName("li");
  while (rows.length < count) {
    list.scrollTop = list.scrollHeight;
    await frame();
  }
  while (list.scrollTop > 0) {
    list.scrollTop -= list.clientHeight;
    await frame();
  }
}"""
FILL_LIST = """
from datetime import timedelta
from django.utils import timezone
owner, now = User.objects.get(username="bob"), timezone.now()
Conversation.objects.bulk_create(
    Conversation(
        owner=owner, title=f"Talk number {{n}}", updated_at=now - timedelta(hours=n), changed_at=now - timedelta(days=1)
    )
    for n in range({count})
)
"""
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
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
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


def ask(page: Page, question: str) -> Callable[[], None]:
    """Ask in the page; the box has the focus. Returns what waits until it is answered."""
    before = page.evaluate(LAST)
    page.keyboard.insert_text(question)
    page.keyboard.press("Enter")
    return lambda: page.evaluate(ANSWERED, before)


def streamed(page: Page, address: str, shown: str) -> Iterator[Figure]:
    """One long answer, at the pace of a quick model."""
    page.goto(address)
    page.locator("article .markdown").last.wait_for()
    tools = slow(page)
    page.evaluate(LONGEST_TASK)
    until_answered = ask(page, "bench: steadily")
    busy, began = metric(tools, "TaskDuration"), metric(tools, "Timestamp")
    until_answered()
    busy, took = metric(tools, "TaskDuration") - busy, metric(tools, "Timestamp") - began
    yield Figure(f"20 kB answer, {shown}: longest task (0: none of 50)", page.evaluate("longest"), 50, "ms")
    yield Figure(f"20 kB answer, {shown}: main thread busy", 100 * busy / took, 25, "%")


@dataclass(frozen=True)
class Bench:
    """A site and a browser to measure with."""

    site: Site
    browser: Browser

    def page(self, person: str = "alice", script: str = "") -> Page:
        """Open the first page in a profile of its own."""
        context = self.browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
        context.set_default_timeout(120_000)
        if script:
            context.add_init_script(script)
        return sign_in(context.new_page(), self.site, person)

    def talk(self, count: int) -> tuple[str, str]:
        """Make a conversation. Returns its address and the id of its first message."""
        name, first = self.site.shell(FILL.format(count=count)).split()
        return f"{self.site.url}/c/{name}", first

    def size(self) -> Iterator[Figure]:
        """What is fetched for the first page."""
        page = self.page()
        # What is fetched when there is nothing else to do is in it; the feed of changes never ends.
        page.wait_for_timeout(2000)
        yield Figure("JavaScript and CSS before colours and formulas", page.evaluate(LOADED) / 1000, 150, "kB")

    def cold(self) -> Iterator[Figure]:
        """Load the first page in an empty profile over a slow line, until somebody can type; the median."""
        took, counts = [], []
        for _ in range(7):
            context = self.browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
            context.set_default_timeout(120_000)
            context.add_init_script(USABLE)
            requests: list[Request] = []

            def note(request: Request, seen: list[Request] = requests) -> None:
                seen.append(request)

            context.on("request", note)
            page = context.new_page()
            tools = slow(page)
            tools.send("Network.enable")
            tools.send("Network.emulateNetworkConditions", LINE)
            sign_in(page, self.site, "alice")
            took.append(page.evaluate("usable"))
            # What is fetched when there is nothing else to do is in it.
            page.wait_for_timeout(3000)
            counts.append(len(requests))
            context.close()
        yield Figure("cold load over a slow line: until somebody can type", statistics.median(took), 2500, "ms")
        yield Figure("the same: requests, with all that comes later unasked", max(counts), 15, "")

    def opening(self) -> Iterator[Figure]:
        """Click on one and the other, until the end of the thread can be read; the median."""
        addresses = [self.talk(1000)[0] for _ in range(2)]
        page = self.page(script=READABLE)
        slow(page)
        links = [
            page.locator(f"#conversations a[href='{address.removeprefix(self.site.url)}']") for address in addresses
        ]
        took = [links[place % 2].evaluate(CLICK) for place in range(10)]
        yield Figure("1,000 messages: click in the list to readable", statistics.median(took), 300, "ms")

    def loading(self) -> Iterator[Figure]:
        """Load the page of one, from the beginning of the navigation until its end can be read; the median."""
        address, _ = self.talk(1000)
        page = self.page(script=LOAD)
        for rate in (1, SLOWED):
            tools = slow(page, rate)
            took = []
            for _ in range(7):
                page.goto(address)
                took.append(page.evaluate("readable"))
            tools.detach()
            name, limit = ("full load to readable", 1000) if rate == SLOWED else ("the same at full speed", 300)
            yield Figure(f"1,000 messages: {name}", statistics.median(took), limit, "ms")

    def listing(self) -> Iterator[Figure]:
        """Scroll through a list that is fetched page by page, to its end and back."""
        self.site.shell(FILL_LIST.format(count=LISTED))
        page = self.page("bob")
        slow(page)
        page.evaluate(LONGEST_TASK)
        page.evaluate(SCROLL, LISTED)
        yield Figure(
            f"list of {LISTED:,} scrolled through: longest task (0: none of 50)", page.evaluate("longest"), 50, "ms"
        )

    def streaming(self) -> Iterator[Figure]:
        """A long answer in a conversation opened as always."""
        address, _ = self.talk(500)
        yield from streamed(self.page(), address, "500 messages, the last 40 shown")

    def streaming_shown(self) -> Iterator[Figure]:
        """A long answer where all of the conversation is in the page."""
        address, first = self.talk(500)
        yield from streamed(self.page(), f"{address}?at={first}", "500 messages shown")

    def heap(self) -> Iterator[Figure]:
        """Ask one question after the other, each answered at length."""
        page, answers = self.page(), 20
        tools = slow(page, 1)
        ask(page, "bench: at once")()
        before = heap(tools)
        for _ in range(answers):
            ask(page, "bench: at once")()
        yield Figure(f"heap growth after {answers} answers of 20 kB", heap(tools) - before, 20, "MiB")


PARTS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "size": Bench.size,
    "cold": Bench.cold,
    "opening": Bench.opening,
    "loading": Bench.loading,
    "list": Bench.listing,
    "streaming": Bench.streaming,
    "streaming-shown": Bench.streaming_shown,
    "heap": Bench.heap,
}


def main() -> int:
    """Print the table. Returns 1 if a figure is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="which parts to measure")
    wanted: list[str] = parser.parse_args().only
    text = Writer().answer(ANSWER_CHARS)
    pieces = [text[at : at + TOKEN_CHARS] for at in range(0, len(text), TOKEN_CHARS)]
    kept = True
    with tempfile.TemporaryDirectory() as directory, Upstream() as upstream, chromium() as browser:
        upstream.script_prompt("bench: at once", text=pieces)
        upstream.script_prompt("bench: steadily", text=pieces, delay=1 / TOKENS_PER_SECOND)
        with Site(Path(directory) / "data", {"OPENAI_BASE_URL": upstream.base_url}) as site:
            print(f"{f'a browser on a processor slowed {SLOWED}×':<72} {'measured':>10} {'at most':>10}")
            for part in wanted:
                for figure in PARTS[part](Bench(site, browser)):
                    print(f"{figure.name:<72} {figure.value:10.1f} {figure.limit:10.1f} {figure.unit}", flush=True)
                    kept = kept and figure.kept
                # What slows a page down takes a processor of its own, whatever the page does.
                for context in browser.contexts:
                    context.close()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
