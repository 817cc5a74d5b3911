import assert from "node:assert/strict";
import { test } from "node:test";

import { decided } from "../../../static/chat/markdown/line-start.js";

for (const [growing, shown] of [
  ["Words.\n", "Words.\n"],
  ["Words.\n-", "Words.\n"],
  ["Words.\n--", "Words.\n"],
  ["Words.\n=", "Words.\n"],
  ["Words.\n- a", "Words.\n- a"],
  ["Words.\n##", "Words.\n"],
  ["Words.\n12.", "Words.\n"],
  ["Words.\n```py", "Words.\n"],
  ["Words.\n```py\n", "Words.\n```py\n"],
  ["- [x]", ""],
  ["> - 1", ""],
  ["1 2", "1 2"],
  ["10..", "10.."],
  ["=", "="],
  ["=== -", "=== -"],
  ["```sh\n#", "```sh\n#"],
  ["```sh\n``", "```sh\n"],
  ["- a\n  ```\n  ---", "- a\n  ```\n  ---"],
  ["| a | b", "| a | b\n|-|-|"],
  ["> | a | b |\n> |--", "> | a | b |\n> |-|-|"],
  ["| a |\n|-|\n| b", "| a |\n|-|\n| b"],
]) {
  test(`after ${JSON.stringify(growing)} ${JSON.stringify(shown)} is decided`, () => {
    assert.equal(decided(growing ?? "", 0).text, shown);
  });
}

for (const [growing, shown] of [
  ["Words.\n-", "Words.\n&#45;"],
  ["- 1.", "- 1&#46;"],
  ["```py", "```py"],
  ["```sh\n``", "```sh\n``"],
]) {
  test(`what has waited of ${JSON.stringify(growing)} is shown as ${JSON.stringify(shown)}`, () => {
    assert.equal(decided(growing ?? "", growing?.length ?? 0).text, shown);
  });
}
