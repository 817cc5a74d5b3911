"""Drives the page's renderer itself: many texts in one go, in the page and under its policy."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

from tests.harness.site import ROOT

NODE = Path(sys.executable).with_name("node")
# Makes a body that no state of the page knows, as main.js makes them.
PREPARE = """async () => {
  const { createMarkdown } = await import("/static/chat/markdown/markdown.js");
  const frame = () => new Promise((resolve) => setTimeout(resolve, 0));
  const place = document.querySelector("#transcript");
  const make = () => {
    const article = document.createElement("article");
    article.className = "message";
    article.dataset.role = "assistant";
    const element = article.appendChild(document.createElement("div"));
    element.className = "text";
    place.append(article);
    return { element, body: createMarkdown(element) };
  };
  window.renderer = {
    make,
    async streamed(pieces, pause) {
      const { element, body } = make();
      let last = performance.now();
      for (const piece of pieces) {
        body.append(piece);
        if (pause || performance.now() - last > 40) {
          body.draw();
          await frame();
          last = performance.now();
        }
      }
      body.settle();
      return element;
    },
    whole(text) {
      const { element, body } = make();
      body.append(text);
      body.settle();
      return element;
    },
  };
}"""


def let_modules_in(route: Route) -> None:
    """Serve the page with a policy that lets also a test, which has no nonce, import the page's modules."""
    response = route.fetch()
    policy = response.headers["content-security-policy"].replace("script-src ", "script-src 'self' ")
    route.fulfill(response=response, headers={**response.headers, "content-security-policy": policy})


def open_to_modules(page: Page) -> Page:
    """Open the page anew, so that its modules can be imported; in all else its policy stays."""
    page.route(page.url, let_modules_in)
    page.reload()
    return page


def prepare(page: Page) -> Page:
    """Give the page `renderer.streamed(pieces, pause)` and `renderer.whole(text)`, which return a body's element."""
    open_to_modules(page).evaluate(PREPARE)
    return page


def documents(seed: int, count: int) -> list[list[str]]:
    """Return documents, each in pieces, from tests/js/documents.js."""
    command = [str(NODE), "tests/js/documents.js", str(seed), str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    pieces: list[list[str]] = json.loads(done.stdout)
    return pieces


def written(number: int = 0) -> str:
    """Return a document that was written by hand; the first one shows everything there is."""
    text = (ROOT / "tests" / "browser" / "corpus" / "documents.md").read_text(encoding="utf-8")
    return text.split("\n<<<<<<<< next >>>>>>>>\n")[number]


def show(page: Page, text: str) -> Any:
    """Show a text at once. Returns its element's handle."""
    return page.evaluate_handle("text => renderer.whole(text)", text)
