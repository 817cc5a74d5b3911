"""Takes the README's picture, and more when asked: starts a fresh site, talks to it, and looks.

make screenshots                              docs/screenshot.png
scripts/screenshots.py --all DIRECTORY        every page, desktop and phone, light and dark
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import DESKTOP, PHONE, sign_in
from tests.site import Site
from tests.upstream.process import Upstream

QUESTION = "Why do bridges in old towns so often have houses on them?"
ANSWER = (
    "Because a bridge was the best address in town. Everybody who came or went had to pass, which is all that a "
    "shopkeeper asks for, and inside the walls there was hardly any ground left to build on.\n\n"
    "The rents did the rest. A bridge is dear to keep, and houses paid for it: on London Bridge some two hundred of "
    "them did so for six centuries. Fire, traffic and the wish for fresh air ended it nearly everywhere. The Ponte "
    "Vecchio and the Krämerbrücke in Erfurt are what is left."
)
MORE = "And which of them are still lived in?"
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


def open_page(browser: Browser, viewport: dict[str, int], scheme: str, scale: float = 1) -> Page:
    """Return a page in a profile of its own."""
    return browser.new_context(
        viewport=viewport,  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=scale,
    ).new_page()


def picture(browser: Browser, site: Site) -> None:
    """Take the README's picture."""
    page = sign_in(open_page(browser, DESKTOP, "light", 1.5), site, "alice")
    talk(page, QUESTION, MORE)
    page.mouse.move(0, 0)
    page.screenshot(path=ROOT / "docs" / "screenshot.png")


def everything(browser: Browser, site: Site, upstream: Upstream, directory: Path) -> None:
    """Take every page at both sizes in both themes."""
    directory.mkdir(parents=True, exist_ok=True)
    for size, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
        for scheme in ("light", "dark"):

            def take(name: str, page: Page, size: str = size, scheme: str = scheme) -> None:
                page.screenshot(path=directory / f"{name}-{size}-{scheme}.png")

            page = open_page(browser, viewport, scheme)
            page.goto(f"{site.url}/login/")
            take("login", page)
            sign_in(page, site, "admin")
            take("home", page)
            talk(page, QUESTION, MORE)
            take("thread", page)
            upstream.script_prompt("Tell me the rest", text=words(ANSWER), then="hang", after=30)
            page.get_by_role("textbox", name="Message").fill("Tell me the rest")
            page.keyboard.press("Enter")
            page.wait_for_timeout(1500)
            take("streaming", page)
            page.keyboard.press("Escape")
            page.locator("[data-status=stopped]").wait_for()
            take("stopped", page)
            upstream.script_prompt("This fails", status=500)
            page.get_by_role("textbox", name="Message").fill("This fails")
            page.keyboard.press("Enter")
            page.locator("[data-status=failed]").wait_for()
            take("failed", page)
            if size == "phone":
                page.get_by_role("button", name="Open sidebar").click()
                page.wait_for_timeout(400)
                take("sidebar", page)
            for name in ("usage/", "", "chat/usagerecord/"):
                page.goto(f"{site.url}/admin/{name}")
                take(f"admin-{name.strip('/').replace('/', '-')}", page)
            page.goto(f"{site.url}/nowhere")
            take("404", page)
            page.context.close()


def main() -> None:
    """Start the site and take what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", type=Path, metavar="DIRECTORY")
    directory = parser.parse_args().all
    flags = ["--disable-gpu", "--hide-scrollbars"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with tempfile.TemporaryDirectory() as data, Upstream("--models", "gpt-4o,gpt-4o-mini") as upstream:
        upstream.script_prompt(QUESTION, text=words(ANSWER), delay=0.012, delay_first=0.3)
        upstream.script_prompt(MORE, text=words(THE_REST), delay=0.012, delay_first=0.3)
        with Site(Path(data) / "data", {"OPENAI_BASE_URL": upstream.base_url}) as site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
            if directory:
                everything(browser, site, upstream, directory)
            else:
                picture(browser, site)
            browser.close()


if __name__ == "__main__":
    main()
