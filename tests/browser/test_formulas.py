"""Formulas and blocks as models write them: environments, chemistry, what is no formula, fences within a fence."""

from playwright.sync_api import Page, expect

from tests.browser.talk import ask, settled
from tests.harness.upstream.process import Upstream

WRITTEN = r"""
\begin{align}
a &= b
\end{align}

```math
x^2
```

$$
y = 1

z = 2
$$

Water is $\ce{H2O}$, at $\pu{20 °C}$, with $ x + 1 $ of it, and $HOME/bin:$PATH is a path.

Half of it: $\frac{1}{2} + \unknowncommand$ and no formula: $\frac{1}{$.

```markdown
# A readme

```sh
make run
```

The end of it.
```

Last words.
"""


def test_formulas_and_fences_are_shown_as_models_write_them(page: Page, upstream: Upstream) -> None:
    upstream.script_prompt("formulas of the day", text=[WRITTEN[at : at + 5] for at in range(0, len(WRITTEN), 5)])
    text = settled(ask(page, "formulas of the day")).locator("> .text")
    expect(text.locator(".formula.display .katex-display")).to_have_count(3)
    expect(text.locator("p .katex-html")).to_have_count(4)
    expect(text.locator(".mord.text")).not_to_have_count(0)
    expect(text).to_contain_text("and $HOME/bin:$PATH is a path.")
    # What it does not know spoils itself alone.
    half = text.locator("p .formula").filter(has_text="unknowncommand")
    expect(half.locator(".mfrac")).to_have_count(1)
    # What is no formula is shown as it was written.
    expect(text.locator(".formula[data-source]")).to_have_text(r"$\frac{1}{$")
    expect(text.locator(".code")).to_have_count(1)
    expect(text.locator(".code code")).to_contain_text("The end of it.")
    expect(text.locator("> p").last).to_have_text("Last words.")
