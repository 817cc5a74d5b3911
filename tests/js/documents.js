/** Markdown to try a renderer on: written by hand, and composed at random from a seed. As a program it prints them. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const WRITTEN = new URL("../browser/corpus/documents.md", import.meta.url);
const BETWEEN = "\n<<<<<<<< next >>>>>>>>\n";
const WORDS =
  "river bridge clock **bold** *slanted* ~~gone~~ `code` [a link](https://example.org/a_b) $x^2$ \\(a+b\\) https://example.org/x?y=1 H<sub>2</sub>O <br> <kbd> </s> [by name][one] note[^1] a&amp;b <b> $5 and $10 ![pic](https://example.net/p.png) **half *nested*** `` a`b `` \\* snake_case_name 日本語 🙂 \\[ [ ] ( ) ** * _ ` $ | ! [^2] [x](javascript:alert(1)) \\ &copy";

/**
 * @param {number} seed
 * @returns {() => number} numbers from 0 to 1 (mulberry32)
 */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * @param {() => number} next
 * @param {{ definitions?: boolean }} [may]
 * @returns {string} a document at random
 */
export function composed(next, { definitions = true } = {}) {
  const words = WORDS.split(" ");
  const upTo = (/** @type {number} */ most) => Math.floor(next() * most);
  const line = () => Array.from({ length: 1 + upTo(9) }, () => words[upTo(words.length)]).join(" ");
  const lines = (/** @type {(at: number) => string} */ make, most = 4) =>
    Array.from({ length: 1 + upTo(most) }, (_, at) => make(at)).join("\n");
  const row = () => `| ${line().replaceAll("|", "/")} | ${upTo(100)} |`;
  /** @type {(() => string)[]} */
  const blocks = [
    () => lines(line),
    () => `${"#".repeat(1 + upTo(6))} ${line()}`,
    () => lines(() => `- ${line()}`),
    () => lines((at) => `- ${line()}${next() < 0.3 ? `\n\n  ${line()}` : ""}\n  ${at + 1}. ${line()}\n     - ${line()}`),
    () => lines((at) => `${upTo(3) + at}. ${line()}`),
    () => lines(() => `- [${next() < 0.5 ? "x" : " "}] ${line()}`),
    () => lines(() => `> ${line()}`),
    () => `> - ${line()}\n> \n> ${line()}\n> > ${line()}`,
    () => `| a | b |\n|:--|--:|\n${lines(row)}`,
    () => `${line()}\n| a | b |\n|---|---|\n${row()}`,
    () => `\`\`\`${["", "python", "js", "unknown", "c++ title"][upTo(5)]}\n${lines((at) => `def f${at}(x): # ${line()}`)}\n\`\`\``,
    () => `~~~\n${lines(line)}\n~~~`,
    () => `    ${line()}\n\n    ${line()}`,
    () => `$$\n\\frac{a}{${upTo(9)}}\n$$`,
    () => `\\[ \\sqrt{${upTo(9)}} \\]`,
    () => `$$\n${line()}\n# ${line()}`,
    () => `${line()}\n\\[ y+1 \\] ${line()}`,
    () => "---",
    () => `${line()}\n${next() < 0.5 ? "===" : "---"}`,
    () => `<div>\n${line()}\n</div>`,
    () => `<details>\n<summary>${line()}</summary>\n\n${line()}\n\n- ${line()}\n</details>`,
    () => `<!-- ${line()}\n\n${line()} -->`,
    () => "[one]: https://example.org/one 'One'",
    () => `[^1]: ${line()}\n\n    ${line()}`,
    () => `[^2]: ${line()}`,
  ];
  // Definitions change what stands before them, so most documents shall have none.
  const usable = next() < 0.6 || !definitions ? blocks.slice(0, -3) : blocks;
  const parts = Array.from({ length: 1 + upTo(9) }, () => usable[upTo(usable.length)]?.() ?? "");
  return parts.reduce((text, part) => text + ["\n\n", "\n\n", "\n\n", "\n", "\n\n\n", "\r\n\r\n"][upTo(6)] + part);
}

/**
 * @param {number} seed
 * @param {number} count
 * @returns {string[]} those written by hand, and so many more that there are `count`
 */
export function documents(seed, count) {
  const written = readFileSync(WRITTEN, "utf-8").split(BETWEEN);
  const next = random(seed);
  return [...written, ...Array.from({ length: count - written.length }, () => composed(next))];
}

/**
 * @param {string} text
 * @param {() => number} next
 * @param {number} longest
 * @returns {string[]} the text in pieces
 */
export function pieces(text, next, longest) {
  const cut = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + Math.floor(next() * longest);
    cut.push(text.slice(at, at + length));
    at += length;
  }
  return cut;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [seed = 0, count = 0] = process.argv.slice(2).map(Number);
  const next = random(seed);
  process.stdout.write(JSON.stringify(documents(seed, count).map((text) => pieces(text, next, 40))));
}
