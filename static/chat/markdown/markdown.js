/** The body of an answer, as Markdown. Has the methods of a plain text. */

import { readApart } from "./apart.js";
import { createBlocks, isHeavy } from "./blocks.js";
import { forget, whenNear } from "../page/visibility-queue.js";
import { patch } from "./patch.js";
import { element as newElement } from "./node.js";

/** @typedef {import("./node.js").Node} Node */

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

const CHUNK_CHARS = 2000;
// What may yet become syntax is shown after so long as it stands. With what a frame takes it is less than 300 ms.
const WAIT_MS = 240;

/**
 * @param {string} text
 * @returns {Node[]} shows it as it stands, in pieces of which only the last one changes while it grows
 */
function asItStands(text) {
  const nodes = [];
  for (let at = 0; at < text.length; at += CHUNK_CHARS) nodes.push(newElement("span", { class: "source" }, [text.slice(at, at + CHUNK_CHARS)]));
  return nodes;
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
  // What was asked to be read before it counts no more.
  let turn = 0;
  // How long the text was, and when, as far as that is less than WAIT_MS ago.
  /** @type {{ until: number, at: number }[]} */
  let arrivals = [];
  let waited = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const article = element.closest("article") ?? element;

  function render() {
    due = false;
    forget(article);
    const mine = ++turn;
    const text = source.replaceAll(/\r\n?/g, "\n");
    const rest = blocks.rest(text);
    if (!growing && isHeavy(rest, false)) {
      readApart(text, (nodes, elements) => {
        if (mine !== turn) return;
        prepare();
        element.replaceChildren(...elements);
        shown = nodes;
        markEnd();
      }).then(() => mine === turn && element.removeAttribute("data-unread"));
      return;
    }
    element.removeAttribute("data-unread");
    prepare();
    const nodes = growing && blocks.isStuck() ? [...blocks.finished(), ...asItStands(rest)] : blocks.read(text, growing, age(text));
    patch(element, shown, nodes);
    shown = nodes;
    markEnd();
    renderLater();
  }

  /**
   * @param {string} text
   * @returns {number} how much of it has waited long enough
   */
  function age(text) {
    const now = performance.now();
    for (let first = arrivals[0]; first && first.at <= now - WAIT_MS; first = arrivals[0]) {
      waited = first.until;
      arrivals.shift();
    }
    return Math.min(waited, text.length);
  }

  /** What is held back is shown in time, also when nothing more comes. */
  function renderLater() {
    clearTimeout(timer);
    const first = arrivals[0];
    if (growing && first && blocks.isHolding()) timer = setTimeout(render, Math.max(0, first.at + WAIT_MS - performance.now()));
  }

  function prepare() {
    if (rendered) return;
    element.replaceChildren();
    element.classList.add("markdown");
    leadToNotes(element);
    rendered = true;
  }

  function markEnd() {
    const before = end;
    end = growing && element.hasChildNodes() ? endOf(element) : null;
    if (end === before) return;
    before?.removeAttribute("data-end");
    end?.setAttribute("data-end", "");
  }

  if (source) {
    element.toggleAttribute("data-unread", isHeavy(source, false));
    whenNear(article, render);
  }

  return {
    /** @returns {string} the source of what is on the screen */
    shown: () => source,

    /** @param {string} text a finished one, where there was none: it is formatted when it is near */
    place(text) {
      source = text;
      element.textContent = text;
      element.toggleAttribute("data-unread", isHeavy(source, false));
      whenNear(article, render);
    },

    /** @param {string} more */
    append(more) {
      source += more;
      arrivals.push({ until: source.length, at: performance.now() });
      growing = true;
      due = true;
    },

    /** @param {string} text */
    replace(text) {
      source = text;
      growing = true;
      blocks = createBlocks();
      arrivals = [];
      waited = text.length;
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
