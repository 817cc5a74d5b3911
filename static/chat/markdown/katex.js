/** Formulas: KaTeX, fetched with its style sheet when the first formula is shown. */

import { fetchModule, vendored } from "./vendored.js";

/** @typedef {import("./node.js").FormulaNode} FormulaNode */
/** @typedef {{ attributes?: Record<string, string>, children?: Drawn[] }} Drawn a node of what KaTeX would draw */

// What is longer is no formula, and what it may grow to is bounded too: deep enough, a tree crashes the browser.
const MOST_CHARS = 4000;
const DEEPEST = 120;
// Macros that double what they are given make half a million signs of a line.
const MOST_LOOKUPS = 8000;
const LIMITS = { throwOnError: true, strict: false, trust: false, maxExpand: 500, maxSize: 20 };

/** @type {any} */
let katex = null;
/** @type {Promise<void> | null} */
let loading = null;

async function load() {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = vendored("katex/katex.css");
  const styled = new Promise((resolve, reject) => {
    sheet.addEventListener("load", resolve);
    sheet.addEventListener("error", reject);
  });
  document.head.append(sheet);
  const [library] = await Promise.all([fetchModule("katex/katex.mjs"), styled]);
  katex = library;
}

/**
 * @returns {object} the macros of one formula: KaTeX looks here for every sign that it reads, those it made itself too
 */
function macros() {
  let left = MOST_LOOKUPS;
  return new Proxy(
    {},
    {
      getOwnPropertyDescriptor(defined, name) {
        if (--left < 0) throw new RangeError("The formula is too long.");
        return Reflect.getOwnPropertyDescriptor(defined, name);
      },
    },
  );
}

/**
 * KaTeX writes a few styles as attributes, which the page's policy forbids, and which the object model may set.
 *
 * @param {Drawn} drawn is changed
 * @param {number} [depth]
 */
function moveStyles(drawn, depth = 0) {
  if (depth > DEEPEST) throw new RangeError("The formula is too deep.");
  const { style, ...others } = drawn.attributes ?? {};
  if (style) drawn.attributes = { ...others, "data-style": style };
  for (const child of drawn.children ?? []) moveStyles(child, depth + 1);
}

/**
 * @param {FormulaNode} node
 * @returns {DocumentFragment}
 */
function draw(node) {
  const tree = katex.__renderToDomTree(node.formula, { ...LIMITS, displayMode: node.display, macros: macros() });
  moveStyles(tree);
  const fragment = document.createDocumentFragment();
  fragment.append(tree.toNode());
  for (const each of fragment.querySelectorAll("[data-style]")) {
    if (each instanceof HTMLElement || each instanceof SVGElement || each instanceof MathMLElement) {
      each.style.cssText = each.getAttribute("data-style") ?? "";
    }
    each.removeAttribute("data-style");
  }
  return fragment;
}

/**
 * @param {HTMLElement} element
 * @param {FormulaNode} node
 */
function show(element, node) {
  try {
    element.replaceChildren(draw(node));
    element.removeAttribute("data-source");
  } catch {
    // Not every formula is one: its source says what was meant.
  }
}

/** @returns {Promise<void>} when the formulas that the page had are drawn, or cannot be */
export const drawn = () => loading?.catch(() => {}) ?? Promise.resolve();

/**
 * @param {FormulaNode} node
 * @returns {HTMLElement} shows the source until it can be drawn, and for good when it cannot
 */
export function createFormula(node) {
  const element = document.createElement("span");
  element.className = node.display ? "formula display" : "formula";
  element.setAttribute("data-source", "");
  element.dir = "ltr";
  element.textContent = node.source;
  if (node.growing || node.formula.length > MOST_CHARS) return element;
  if (katex) show(element, node);
  else {
    loading ??= load();
    loading.then(() => show(element, node)).catch(() => (loading = null));
  }
  return element;
}
