/** Markdown that would hold the page up: read by a worker, and made in the page a portion at a time. */

import { create } from "./patch.js";
import { createWorker } from "./worker.js";

/** @typedef {import("./node.js").Node} Node */

// From one portion to the next; the first comes when all is read.
const MOST_MS = 5000;
// A page that opens waits no longer for what is read.
const PATIENCE_MS = 1000;

const ask = createWorker("reader", MOST_MS);
/** @type {Set<Promise<void>>} */
const reading = new Set();

/**
 * @param {string} text with `\n` at the line ends
 * @param {(shown: Node[], elements: ChildNode[]) => void} take gets all of it, to be put into the page
 * @returns {Promise<void>} settles in any case: what cannot be read stays as it is
 */
export function readApart(text, take) {
  /** @type {Node[]} */
  const nodes = [];
  /** @type {ChildNode[]} */
  const elements = [];
  const read = ask(text, (portion) => {
    nodes.push(portion);
    elements.push(create(portion));
  })
    .then(() => take(nodes, elements))
    .catch(() => {})
    .finally(() => reading.delete(read));
  reading.add(read);
  return read;
}

/** @returns {Promise<unknown>} when all that is being read is in the page, or it has taken long */
export const allRead = () => Promise.race([Promise.all(reading), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
