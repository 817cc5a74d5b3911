"""Takes a picture of every page in every state: starts a fresh site, talks to it, and looks.

make screenshots                        into docs/screenshots
scripts/screenshots.py DIRECTORY        into another folder
"""

import argparse
import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright

from tests.harness.browser import CHROMIUM, DESKTOP, PHONE, sign_in
from tests.harness.site import Site
from tests.harness.upstream.process import Upstream

QUESTION = "Why do bridges in old towns so often have houses on them?"
ANSWER = (
    "Because a bridge was the best address in town. Everybody who came or went had to pass, which is all that a "
    "shopkeeper asks for, and inside the walls there was hardly any ground left to build on.\n\n"
    "The rents did the rest. A bridge is dear to keep, and houses paid for it: on London Bridge some two hundred of "
    "them did so for six centuries. Fire, traffic and the wish for fresh air ended it nearly everywhere. The Ponte "
    "Vecchio and the Krämerbrücke in Erfurt are what is left."
)
THINK = "Which bridge should I see first?"
THOUGHT = "Somebody who asks for a first one wants one, not a list. Erfurt is easy to reach, and people live on it."
CALL = "How is the weather in Erfurt?"
TOOLS = [{"index": 0, "id": "call_1", "name": "weather", "arguments": '{"city": "Erfurt", "days": 3}'}]
REST = "Tell me the rest"
FAIL = "This fails"
STILL = """() => {
    const brief = document.getAnimations().filter(each => each.effect.getTiming().iterations === 1);
    return Promise.allSettled(brief.map(each => each.finished));
}"""
MORE = "And which of them are still lived in?"
FORMATTED = "How far does the middle of a plank bend?"
FORMATTED_ANSWER = r'''For a plank that lies on both banks, with a load $F$ in the middle:

$$w = \frac{F \, \ell^3}{48 \, E I}, \qquad I = \frac{b \, h^3}{12}$$

So **twice the length bends eight times as far**, and twice the thickness an eighth[^1].

```python
def sag(load: float, length: float, width: float, height: float) -> float:
    """Return how far the middle bends, in metres."""
    return load * length**3 / (4 * SPRUCE * width * height**3)
```

| plank, 30 cm wide | one person | two |
|:------------------|-----------:|----:|
| 2 m long, 4 cm thick | 7.4 mm | 15 mm |
| 3 m long, 4 cm thick | 25 mm | 50 mm |
| 3 m long, 6 cm thick | 7.4 mm | 15 mm |

- [x] safe for a garden
- [ ] safe for a town

[^1]: As long as it does not break.
'''
PACE = 0.02
VIEWS = ((DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark"))
THE_REST = "Erfurt’s. About eighty people live on the Krämerbrücke, in thirty-two houses, with the Gera beneath them."


def words(text: str) -> list[str]:
    """Return the text in pieces as a model would send it."""
    return [word if number == 0 else f" {word}" for number, word in enumerate(text.split(" "))]


def talk(page: Page, *questions: str) -> None:
    """Ask one question after the other."""
    for number, question in enumerate(questions):
        page.get_by_role("textbox", name="Message").fill(question)
        page.keyboard.press("Enter")
        page.locator("article[data-role=assistant]").nth(number).and_(page.locator("[data-status=complete]")).wait_for()
    page.locator("#transcript:not([data-busy])").wait_for()


class Camera:
    """A page in a profile of its own, whose pictures carry its size and its theme in their names."""

    def __init__(self, browser: Browser, site: Site, directory: Path, viewport: dict[str, int], scheme: str) -> None:
        self.site, self.directory = site, directory
        self.is_phone = viewport is PHONE
        self.suffix = f"{'phone' if self.is_phone else 'desktop'}-{scheme}"
        self.context = browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
        self.page = self.context.new_page()

    def take(self, name: str) -> None:
        """Take the picture when nothing moves any more."""
        self.page.evaluate(STILL)
        self.page.screenshot(path=self.directory / f"{name}-{self.suffix}.png")

    def ask(self, question: str) -> None:
        """Ask without waiting for the answer."""
        self.page.get_by_role("textbox", name="Message").fill(question)
        self.page.get_by_role("textbox", name="Message").press("Enter")

    def await_status(self, status: str) -> None:
        """Wait until the last answer is in this state."""
        self.page.locator(f"#transcript:not([data-busy]) article[data-status={status}]:last-child").wait_for()


def thread(camera: Camera) -> None:
    """Take the thread as it is empty, as it grows, and how it may end."""
    page = camera.page
    camera.take("empty")
    camera.ask(THINK)
    page.locator(".thinking[data-live]").wait_for()
    camera.take("thinking")
    camera.await_status("complete")
    camera.ask(CALL)
    page.locator(".tool-call").first.wait_for()
    camera.await_status("complete")
    camera.take("tool-call")
    page.goto(f"{camera.site.url}/")
    talk(page, QUESTION, MORE)
    camera.take("thread")
    camera.ask(REST)
    page.locator("article[data-status=streaming] .text").get_by_text("inside the walls").wait_for()
    camera.take("streaming")
    page.keyboard.press("Escape")
    camera.await_status("stopped")
    camera.take("stopped")
    camera.ask(FAIL)
    camera.await_status("failed")
    camera.take("error")
    page.goto(f"{camera.site.url}/")
    talk(page, FORMATTED)
    page.locator(".katex").first.wait_for()
    page.locator(".hl-keyword").first.wait_for()
    camera.take("formatted")
    page.get_by_role("button", name="Regenerate").last.click()
    page.locator("#choice [role=menuitem]").first.wait_for()
    camera.take("regenerate")
    page.keyboard.press("Escape")
    page.get_by_role("textbox", name="Message").focus()
    page.keyboard.press("ArrowUp")
    camera.take("editing")
    page.keyboard.press("Escape")


def overlays(camera: Camera) -> None:
    """Take what opens above the thread."""
    page = camera.page
    page.get_by_role("button", name="Chat settings").click()
    camera.take("settings")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("bridge")
    page.locator("#search mark").first.wait_for()
    camera.take("search")
    page.keyboard.press("Escape")
    page.locator("#to-end").focus()
    page.locator("#model").click()
    camera.take("models")
    page.keyboard.press("Escape")
    if camera.is_phone:
        page.get_by_role("button", name="Open sidebar").click()
    camera.take("sidebar")
    page.locator("#user-button").click()
    camera.take("user-menu")
    page.get_by_role("menuitem", name="Keyboard shortcuts").click()
    camera.take("shortcuts")
    page.keyboard.press("Escape")


def pages(camera: Camera) -> None:
    """Take the pages around the chat."""
    for name, path in (
        ("usage", "admin/usage/"),
        ("own-usage", "usage/"),
        ("admin", "admin/"),
        ("not-found", "nowhere"),
    ):
        camera.page.goto(f"{camera.site.url}/{path}")
        camera.take(name)


def beginnings(camera: Camera) -> None:
    """Take what is seen before there is anybody, and what is seen when something is wrong."""
    page, site = camera.page, camera.site
    for name, address in (
        ("setup", site.setup_url),
        ("setup-closed", f"{site.url}/setup/?token=wrong"),
        # A name that browsers know for this machine, and the server does not know for its own.
        ("bad-request", site.url.replace("127.0.0.1", "elsewhere.localhost")),
    ):
        page.goto(address)
        camera.take(name)
    with closing(sqlite3.connect(site.data_dir / "db.sqlite3")) as database:
        database.execute("ALTER TABLE auth_user RENAME TO mislaid")
        page.goto(f"{site.url}/login/")
        camera.take("server-error")
        database.execute("ALTER TABLE mislaid RENAME TO auth_user")


def main() -> None:
    """Start the site and take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, nargs="?", default=ROOT / "docs" / "screenshots")
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    flags = ["--disable-gpu", "--hide-scrollbars"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with tempfile.TemporaryDirectory() as data, Upstream("--models", "gpt-4o,gpt-4o-mini") as upstream:
        upstream.script_prompt(QUESTION, text=words(ANSWER), delay=PACE)
        upstream.script_prompt(MORE, text=words(THE_REST), delay=PACE)
        upstream.script_prompt(FORMATTED, text=words(FORMATTED_ANSWER), delay=PACE)
        upstream.script_prompt(THINK, reasoning=words(THOUGHT), text=words(THE_REST), delay=0.1)
        upstream.script_prompt(CALL, text=words("I will look that up."), tool_calls=TOOLS, delay=PACE)
        upstream.script_prompt(REST, text=words(ANSWER), then="hang", after=30, delay=PACE)
        upstream.script_prompt(FAIL, status=400)
        with Site(Path(data) / "data", {"OPENAI_BASE_URL": upstream.base_url}) as site, sync_playwright() as playwright:
            site.until_listed("gpt-4o")
            site.shell('ChatModel.objects.filter(name="gpt-4o").update(is_default=True)')
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
            for viewport, scheme in VIEWS:
                camera = Camera(browser, site, directory, viewport, scheme)
                camera.page.goto(f"{site.url}/login/")
                camera.take("login")
                sign_in(camera.page, site, "admin")
                thread(camera)
                overlays(camera)
                pages(camera)
                camera.context.close()
            with Site(Path(data) / "fresh", people=False) as fresh:
                for viewport, scheme in VIEWS:
                    camera = Camera(browser, fresh, directory, viewport, scheme)
                    beginnings(camera)
                    camera.context.close()
            browser.close()


if __name__ == "__main__":
    main()
