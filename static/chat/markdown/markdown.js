/** The body of an answer, as Markdown. Has the methods of a plain text. */

import { createBlocks } from "./blocks.js";
import { forget, whenNear } from "../page/visibility-queue.js";
import { patch } from "./patch.js";

/** @typedef {import("./tree.js").Node} Node */

const CONTAINERS = "ul, ol, li, blockquote, div, table, tbody, tr, section, figure, pre";

/**
 * @param {Element} element
 * @returns {Element} where its text ends
 */
function endOf(element) {
  const last = element.lastChild;
  return last instanceof Element && last.matches(`${CONTAINERS}, p, h2, h3, h4, h5, h6, td, th, code`) && element.matches(`${CONTAINERS}, .markdown`)
    ? endOf(last)
    : element;
}

/** @param {Element} element */
function leadToNotes(element) {
  element.addEventListener("click", ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    const { toNote, fromNote } = target.dataset;
    const wanted = toNote ? `[data-from-note="${toNote}"]` : fromNote ? `[data-to-note="${fromNote}"]` : null;
    const found = wanted && element.querySelector(wanted);
    if (!(found instanceof HTMLElement)) return;
    found.focus({ preventScroll: true });
    found.scrollIntoView({ block: "nearest" });
  });
}

/** @param {Element} element holds nothing but the source */
export function createMarkdown(element) {
  let source = element.textContent ?? "";
  let growing = true;
  let rendered = false;
  let due = false;
  let blocks = createBlocks();
  /** @type {Node[]} */
  let shown = [];
  /** @type {Element | null} */
  let end = null;
  const article = element.closest("article") ?? element;

  function render() {
    due = false;
    forget(article);
    if (!rendered) {
      element.replaceChildren();
      element.classList.add("markdown");
      leadToNotes(element);
      rendered = true;
    }
    const nodes = blocks.read(source.replaceAll(/\r\n?/g, "\n"), growing);
    patch(element, shown, nodes);
    shown = nodes;
    markEnd();
  }

  function markEnd() {
    const before = end;
    end = growing && element.hasChildNodes() ? endOf(element) : null;
    if (end === before) return;
    before?.removeAttribute("data-end");
    end?.setAttribute("data-end", "");
  }

  if (source) whenNear(article, render);

  return {
    /** @returns {string} the source of what is on the screen */
    shown: () => source,

    /** @param {string} text a finished one, where there was none: it is formatted when it is near */
    place(text) {
      source = text;
      element.textContent = text;
      whenNear(article, render);
    },

    /** @param {string} more */
    append(more) {
      source += more;
      growing = true;
      due = true;
    },

    /** @param {string} text */
    replace(text) {
      source = text;
      growing = true;
      blocks = createBlocks();
      due = true;
    },

    /** Brings what was said to the screen. */
    draw() {
      if (due) render();
    },

    /** There is no more to come: what was held back is shown as it is. */
    settle() {
      if (!growing) return;
      growing = false;
      if (rendered || due) render();
    },
  };
}
