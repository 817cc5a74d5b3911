/** A block of code: a slim header, and the code, coloured where its language is known. */

import { copyText } from "../page/clipboard.js";
import { highlight } from "./highlight.js";
import { languageOf } from "./languages.js";
import { element } from "./node.js";

/** @typedef {import("./node.js").Node} Node */
/** @typedef {import("./node.js").CodeNode} CodeNode */

const EVERY_MS = 200;
const COPIED_MS = 2000;
// Showing colours for more than this would hold up the page.
const MOST_CHARS = 20_000;
const PORTION_LINES = 200;

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

/**
 * @param {string} code without colours
 * @returns {Node[]} what is long, in portions that are laid out when they come near
 */
function portions(code) {
  if (code.length <= MOST_CHARS) return code ? [code] : [];
  const lines = code.split(/(?<=\n)/);
  const nodes = [];
  for (let at = 0; at < lines.length; at += PORTION_LINES) {
    nodes.push(element("span", { class: "code-portion" }, [lines.slice(at, at + PORTION_LINES).join("")]));
  }
  return nodes;
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

  figure.className = "code";
  figure.dir = "ltr";
  label.className = "code-language";
  pre.tabIndex = 0;
  header.append(label, wrapButton(figure), copyButton(() => text));
  figure.append(header, pre);

  function show() {
    const nodes = [...colours.nodes, ...portions(text.slice(colours.text.length))];
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

  return {
    element: figure,

    /** @param {CodeNode} node */
    update(node) {
      if (node.language !== language || !node.code.startsWith(colours.text)) colours = { nodes: [], text: "" };
      if (label.textContent !== node.language.slice(0, 40)) label.textContent = node.language.slice(0, 40);
      text = node.code;
      language = node.language;
      show();
      colour();
    },
  };
}
