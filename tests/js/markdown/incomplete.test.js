import assert from "node:assert/strict";
import { test } from "node:test";

import { calm } from "../../../static/chat/markdown/incomplete.js";

for (const [growing, shown] of [
  ["Some **bol", "Some **bol**"],
  ["Some **", "Some"],
  ["Some **bold*", "Some **bold**"],
  ["Some **bold *both", "Some **bold *both***"],
  ["Some **bold *both***", "Some **bold *both***"],
  ["Some `co", "Some `co`"],
  ["Some `", "Some"],
  ["Some ``a ` b", "Some ``a ` b``"],
  ["Some ~~gone", "Some ~~gone~~"],
  ["a snake_case_name", "a snake_case_name"],
  ["2 * 3", "2 * 3"],
  ["\\*not", "\\*not"],
  ["a [lin", "a"],
  ["a [link]", "a"],
  ["a [link](https://exa", "a link"],
  ["a [link](https://e.org/a_(b)", "a link"],
  ["a [link](https://e.org) and **mo", "a [link](https://e.org) and **mo**"],
  ["an ![image](https://e", "an"],
  ["item [x]", "item [x]"],
  ["note [^1]", "note [^1]"],
  ["costs $5 and", "costs $5 and"],
  ["costs $5 and $10", "costs $5 and $10"],
  ["let $x", "let"],
  ["let $x$ be", "let $x$ be"],
  ["let \\(x", "let"],
  ["an &am", "an"],
  ["a <https://exam", "a"],
  [`an open [bracket ${"word ".repeat(40)}`, `an open [bracket ${"word ".repeat(40)}`.trimEnd()],
]) {
  test(`of ${JSON.stringify(growing).slice(0, 40)} there is to see ${JSON.stringify(shown).slice(0, 40)}`, () => {
    assert.equal(calm(growing ?? "").text, shown);
  });
}

for (const [growing, shown] of [
  ["a [lin", "a [lin"],
  ["a [link]", "a [link]"],
  ["a [link](https://exa", "a link"],
  ["a [link](over the", "a [link](over the"],
  ["an ![image](https://e", "an image"],
  ["let $x", "let $x"],
  ["let \\(x", "let \\(x\\)"],
  ["an &am", "an &am"],
  ["a <https://exam", "a <https://exam"],
  ["Some **", "Some **"],
  ["Some **bol", "Some **bol**"],
]) {
  test(`of ${JSON.stringify(growing)} there is to see ${JSON.stringify(shown)} when it has waited`, () => {
    assert.equal(calm(growing ?? "", growing?.length).text, shown);
  });
}
