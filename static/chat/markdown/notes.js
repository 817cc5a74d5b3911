/** Footnotes of an answer: their references, and what stands at its end. Pure. */

import { element } from "./node.js";

/** @typedef {import("./parser.js").Token} Token */
/** @typedef {import("./node.js").Node} Node */
/** @typedef {import("./node.js").ElementNode} ElementNode */
/** @typedef {{ numbers: Map<string, number>, words: Map<string, Node[]> }} Notes what was referred to, and defined, by label */

/**
 * @param {Token} token
 * @param {Notes} notes
 * @returns {Node}
 */
export function reference(token, notes) {
  const label = String(token.meta?.label);
  const number = String(notes.numbers.get(label) ?? notes.numbers.size + 1);
  notes.numbers.set(label, Number(number));
  const attributes = { type: "button", "data-to-note": number, "aria-label": `Footnote ${number}` };
  return element("sup", {}, [element("button", attributes, [number])]);
}

/**
 * @param {Notes} notes
 * @param {string} label
 * @returns {Node[]} where the words of this footnote go; the first definition counts
 */
export function words(notes, label) {
  const children = /** @type {Node[]} */ ([]);
  if (!notes.words.has(label)) notes.words.set(label, children);
  return children;
}

/**
 * @param {Notes} notes
 * @returns {ElementNode} what stands at the end of the answer
 */
export function footnotes({ numbers, words }) {
  const items = [...numbers].map(([label, number]) => {
    const attributes = { type: "button", "data-from-note": String(number), "aria-label": `Back to reference ${number}` };
    return element("li", { "data-note": String(number) }, [...(words.get(label) ?? []), element("button", attributes, ["↩"])]);
  });
  return element("section", { class: "footnotes", "aria-label": "Footnotes" }, [element("ol", {}, items)]);
}
