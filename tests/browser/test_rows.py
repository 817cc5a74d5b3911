"""The rows of the list, in stretches: whatever comes and goes, they stand newest first."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.renderer import open_to_modules
from tests.harness.browser import sign_in
from tests.harness.site import Site

SHUFFLE = """async (seed) => {
  const { createRows } = await import("/static/chat/sidebar/rows.js");
  const section = document.body.appendChild(document.createElement("section"));
  const rows = createRows(section, document.createElement("ul"));
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const there = [];
  let longest = 0;
  for (let step = 0; step < 1500; step += 1) {
    // At first more come than go, then more go than come.
    if (there.length === 0 || random() < (step < 900 ? 0.8 : 0.2)) {
      const row = document.createElement("li");
      const said = 1_700_000_000_000 + Math.floor(random() * 1000) * 1000;
      row.dataset.updatedAt = new Date(said).toISOString();
      rows.place(row, said);
      there.push({ row, said });
    } else {
      const [{ row }] = there.splice(Math.floor(random() * there.length), 1);
      rows.take(row);
    }
    const shown = [...section.querySelectorAll("li")].map((each) => Date.parse(each.dataset.updatedAt));
    const wanted = there.map(({ said }) => said).sort((a, b) => b - a);
    if (String(shown) !== String(wanted)) return `step ${step}: ${shown} instead of ${wanted}`;
    const stretches = [...section.children];
    const told = stretches.map((each) => Number(each.style.getPropertyValue("--entries")));
    if (String(told) !== String(stretches.map((each) => each.childElementCount))) return `step ${step}: says ${told}`;
    if (told.includes(0) || rows.isEmpty() !== (told.length === 0)) return `step ${step}: ${told}`;
    longest = Math.max(longest, ...told);
  }
  while (there.length > 0) rows.take(there.pop().row);
  return { longest, empty: rows.isEmpty(), left: section.childElementCount };
}"""


@pytest.fixture
def page(open_page: OpenPage, site: Site) -> Page:
    return open_to_modules(sign_in(open_page(), site, "alice"))


def test_rows_stand_newest_first_whatever_comes_and_goes(page: Page) -> None:
    for seed in range(1, 6):
        assert page.evaluate(SHUFFLE, seed) == {"longest": 40, "empty": True, "left": 0}


def test_a_row_in_use_is_not_moved_from_one_stretch_to_another(page: Page) -> None:
    left = page.evaluate(
        """async () => {
      const { createRows } = await import("/static/chat/sidebar/rows.js");
      const section = document.body.appendChild(document.createElement("section"));
      const rows = createRows(section, document.createElement("ul"));
      const add = (number) => {
        const row = document.createElement("li");
        row.tabIndex = 0;
        row.dataset.updatedAt = new Date(number).toISOString();
        rows.place(row, number);
        return row;
      };
      for (let number = 40; number > 1; number -= 1) add(number * 1000);
      const used = add(500);
      let left = 0;
      used.focus();
      used.addEventListener("blur", () => (left += 1));
      add(500_000);
      const together = section.childElementCount;
      used.blur();
      add(600_000);
      return { left, together, then: section.childElementCount };
    }"""
    )
    assert left == {"left": 1, "together": 1, "then": 2}
