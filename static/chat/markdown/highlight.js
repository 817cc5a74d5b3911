/** Colours for code, found in a worker that is started when the first code in a known language is shown. */

import { createWorker } from "./worker.js";
import { element } from "./node.js";

/** @typedef {import("./node.js").Node} Node */
/** @typedef {{ scope: string, inner: (Coloured | string)[] }} Coloured what the worker tells; no scope is an empty word */

// Code that people write takes some hundredths of a second.
const MOST_MS = 1000;

const ask = createWorker("highlighter", MOST_MS);

/**
 * @param {string} code
 * @param {string} language highlight.js's own name
 * @returns {Promise<Node[]>} after what was asked before it; rejects where there are none, or they take too long
 */
export async function highlight(code, language) {
  /** @type {Node[]} */
  let found = [];
  await ask({ code, language }, (spans) => (found = nodes(spans)));
  return found;
}

/**
 * @param {string} code
 * @param {string} language highlight.js's own name
 * @returns {Promise<Node[][]>} of each of its slices; like `highlight` in all else
 */
export async function highlightSlices(code, language) {
  /** @type {Node[][]} */
  const found = [];
  await ask({ code, language, slices: true }, (spans) => found.push(nodes(spans)));
  return found;
}

/**
 * @param {(Coloured | string)[]} spans
 * @returns {Node[]}
 */
function nodes(spans) {
  return spans.map((each) => {
    if (typeof each === "string") return each;
    return element("span", each.scope ? { class: `hl-${each.scope}` } : {}, nodes(each.inner));
  });
}
