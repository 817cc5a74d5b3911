/** What a person wrote: as it was typed, but for code between fences; what is long is folded. */

import { createFold } from "./fold.js";
import { element as newElement } from "./node.js";
import { patch } from "./patch.js";

/** @typedef {import("./node.js").Node} Node */

const FENCED = /^(`{3,}|~{3,})[ \t]*([^\n`]*)\n([\s\S]*?)^\1[ \t]*$\n?/gm;
const MOST_LINES = 30;
const MOST_CHARS = 3000;

/**
 * @param {string} text
 * @returns {Node[]} words, and code
 */
export function ownNodes(text) {
  const nodes = [];
  let end = 0;
  const words = (/** @type {string} */ some) => (some.trim() ? [newElement("span", { class: "source", dir: "auto" }, [some.replace(/\n$/, "")])] : []);
  for (const found of text.matchAll(FENCED)) {
    nodes.push(...words(text.slice(end, found.index)), { code: found[3] ?? "", language: (found[2] ?? "").trim().split(/\s/, 1)[0] ?? "" });
    end = found.index + found[0].length;
  }
  return nodes.length > 0 ? [...nodes, ...words(text.slice(end))] : [];
}

/** @param {HTMLElement} element holds nothing but the text */
export function createOwnText(element) {
  let source = "";
  /** @type {HTMLButtonElement | null} */
  let fold = null;

  /** @param {string} text */
  function set(text) {
    source = text;
    const nodes = ownNodes(text.replaceAll(/\r\n?/g, "\n"));
    element.classList.toggle("with-code", nodes.length > 0);
    if (nodes.length > 0) {
      element.replaceChildren();
      patch(element, [], nodes);
    } else if (element.textContent !== text || element.childElementCount > 0) element.textContent = text;
    const lines = text.split("\n").length;
    const isLong = lines > MOST_LINES || text.length > MOST_CHARS;
    if (isLong === (fold !== null)) return;
    fold?.remove();
    element.removeAttribute("data-folded");
    fold = isLong ? createFold(element, () => "Show all") : null;
    if (fold) element.after(fold);
  }

  set(element.textContent ?? "");

  return {
    /** @returns {string} the source of what is on the screen */
    shown: () => source,

    place: set,

    /** @param {string} more */
    append(more) {
      set(source + more);
    },

    replace: set,

    /** It is on the screen at once. */
    draw() {},

    /** There is no more to come. */
    settle() {},
  };
}
