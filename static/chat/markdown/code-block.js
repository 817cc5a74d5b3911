/** A block of code: a slim header, and the code, coloured where its language is known. */

import { copyText } from "../page/clipboard.js";
import { whenIdle } from "../page/lazy.js";
import { download } from "./code-file.js";
import { sliced } from "./code-slices.js";
import { createFold } from "./fold.js";
import { highlight, highlightSlices } from "./highlight.js";
import { languageOf } from "./languages.js";
import { element } from "./node.js";

/** @typedef {import("./node.js").Node} Node */
/** @typedef {import("./node.js").CodeNode} CodeNode */

const EVERY_MS = 200;
const COPIED_MS = 2000;
// Showing colours for more than this at once would hold up the page.
const MOST_CHARS = 20_000;
// Code that is not said yet for so long has its end.
const QUIET_MS = 1000;
const MOST_LINES = 60;

/**
 * @param {string} className
 * @param {string} label
 */
function button(className, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = label;
  return made;
}

/** @param {() => string} text */
function copyButton(text) {
  const made = button("code-copy", "Copy");
  made.setAttribute("aria-live", "polite");
  made.addEventListener("click", async () => {
    made.textContent = (await copyText(text())) ? "Copied" : "Not copied";
    setTimeout(() => (made.textContent = "Copy"), COPIED_MS);
  });
  return made;
}

/** @param {HTMLElement} figure */
function wrapButton(figure) {
  const made = button("code-wrap", "Wrap");
  made.setAttribute("aria-pressed", "false");
  made.addEventListener("click", () => {
    made.setAttribute("aria-pressed", String(figure.toggleAttribute("data-wrap")));
  });
  return made;
}

/**
 * @param {string} code
 * @returns {number} how much of it gets colours: whole lines
 */
const coloured = (code) => (code.length <= MOST_CHARS ? code.length : code.lastIndexOf("\n", MOST_CHARS) + 1);

/** @param {Node[]} children */
const portion = (children) => element("span", { class: "code-portion" }, children);

/**
 * @param {string} code without colours
 * @returns {Node[]} what is long, in portions that are laid out when they come near
 */
function portions(code) {
  if (code.length <= MOST_CHARS) return code ? [code] : [];
  return sliced(code).map((each) => portion([each]));
}

/** @param {() => void} save */
function downloadButton(save) {
  const made = button("code-download", "Download");
  made.addEventListener("click", save);
  return made;
}

/** @param {typeof import("./patch.js").patch} patch makes the page show the pieces of the code */
export function createCodeBlock(patch) {
  const figure = document.createElement("figure");
  const header = document.createElement("figcaption");
  const label = document.createElement("span");
  const pre = document.createElement("pre");
  const code = pre.appendChild(document.createElement("code"));
  let text = "";
  let language = "";
  /** @type {Node[]} */
  let shown = [];
  /** @type {{ nodes: Node[], text: string }} what has colours */
  let colours = { nodes: [], text: "" };
  let waiting = false;
  /** @type {{ text: string, slices: Node[] }} all of long code, as far as it has its colours */
  let whole = { text: "", slices: [] };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let quiet;
  let isShown = false;

  figure.className = "code";
  figure.dir = "ltr";
  label.className = "code-language";
  pre.tabIndex = 0;
  header.append(
    label,
    downloadButton(() => download(text, languageOf(language))),
    wrapButton(figure),
    copyButton(() => text),
  );
  figure.append(header, pre);

  function show() {
    const nodes =
      whole.slices.length > 0 && whole.text === text
        ? [...whole.slices, ...portions(text).slice(whole.slices.length)]
        : [...colours.nodes, ...portions(text.slice(colours.text.length))];
    patch(code, shown, nodes);
    shown = nodes;
  }

  async function colour() {
    const known = languageOf(language);
    if (waiting || !known || colours.text === text.slice(0, coloured(text))) return;
    waiting = true;
    const began = performance.now();
    const asked = language;
    try {
      const part = text.slice(0, coloured(text));
      const nodes = await highlight(part, known);
      if (asked === language && text.startsWith(part)) {
        colours = { nodes, text: part };
        show();
      }
    } catch {
      // Without colours it is the same code; more of it would take no less time.
      return;
    }
    setTimeout(
      () => {
        waiting = false;
        colour();
      },
      Math.max(0, began + EVERY_MS - performance.now()),
    );
  }

  /** The rest of long code, a slice at a time, when there is nothing else to do. */
  async function colourAll() {
    const known = languageOf(language);
    if (!known || whole.text === text) return;
    const asked = text;
    const found = await highlightSlices(asked, known).catch(() => []);
    if (asked !== text) return;
    whole = { text: asked, slices: [] };
    // Those that had colours before stay coloured.
    const before = sliced(colours.text).length;
    const next = () => {
      if (asked !== text || whole.slices.length >= found.length) return;
      const until = Math.max(before, whole.slices.length + 1);
      whole.slices = [...whole.slices, ...found.slice(whole.slices.length, until).map(portion)];
      show();
      whenIdle(next);
    };
    whenIdle(next);
  }

  function fold() {
    const lines = text.split("\n").length - 1;
    if (!isShown && lines > MOST_LINES) figure.append(createFold(figure, () => `Show all ${lines} lines`));
    isShown = true;
  }

  return {
    element: figure,

    /** @param {CodeNode} node */
    update(node) {
      if (node.language !== language || !node.code.startsWith(colours.text)) colours = { nodes: [], text: "" };
      if (label.textContent !== node.language.slice(0, 40)) label.textContent = node.language.slice(0, 40);
      text = node.code;
      language = node.language;
      figure.toggleAttribute("data-plain", language === "");
      show();
      colour();
      fold();
      clearTimeout(quiet);
      if (text.length > MOST_CHARS) quiet = setTimeout(() => whenIdle(colourAll), QUIET_MS);
    },
  };
}
