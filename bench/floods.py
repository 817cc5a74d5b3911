"""What one answer of 100 kB that is nothing but syntax costs the page that opens it: the longest task of each kind.

Run with `python bench/floods.py`, or some kinds of it by name.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page

from bench.page import chromium
from tests.browser.floods import FLOODS
from tests.harness.browser import DESKTOP, sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

WATCH = """
window.tasks = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) tasks.push([startTime, duration]);
}).observe({ type: "longtask", buffered: true });
"""
# Nothing has changed for a second, and the text is formatted, or will never be.
QUIET = """() => new Promise((resolve) => {
  const text = document.querySelector("article[data-role=assistant] .text");
  let timer = setTimeout(resolve, 10_000);
  const again = () => (clearTimeout(timer), (timer = setTimeout(() => resolve(performance.now() - 1000), 1000)));
  new MutationObserver(again).observe(text.parentElement, { childList: true, subtree: true });
  if (text.matches(".markdown")) again();
})"""
FILL = """
row = Conversation.objects.create(owner=User.objects.get(username="alice"), title={name!r})
asked = Message.objects.create(conversation=row, role="user", content="Why?")
import importlib
text = importlib.import_module("tests.browser.floods").FLOODS[{name!r}]
Message.objects.create(conversation=row, parent=asked, role="assistant", content=text)
print(row.pk)
"""


def opened(page: Page, address: str) -> tuple[list[float], float, int]:
    """Return the long tasks of opening a conversation in ms, when it was done, and how many elements it has."""
    page.goto(address)
    done = page.evaluate(QUIET)
    tasks = [duration for _, duration in page.evaluate("tasks")]
    return tasks, done or 0, page.evaluate("document.querySelectorAll('.markdown *').length")


def main() -> int:
    """Print the table."""
    wanted = sys.argv[1:] or list(FLOODS)
    with (
        tempfile.TemporaryDirectory() as directory,
        Upstream() as upstream,
        chromium() as browser,
        Site(Path(directory) / "data", {"OPENAI_BASE_URL": upstream.base_url}) as site,
    ):
        for name in wanted:
            conversation = site.shell(FILL.format(name=name)).strip()
            context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
            context.add_init_script(WATCH)
            page = sign_in(context.new_page(), site, "alice")
            tasks, done, elements = opened(page, f"{site.url}/c/{conversation}")
            longest = sorted(tasks, reverse=True)[:4]
            print(f"{name:<24} longest {longest} ms, done {done:6.0f} ms, {elements:>7} elements", flush=True)
            context.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
