/** Makes the page show a tree: only what has changed is touched, so that selections, focus and scroll positions stay. */

import { createCodeBlock } from "./code-block.js";
import { createFormula } from "./katex.js";

/** @typedef {import("./node.js").Node} Node */
/** @typedef {import("./node.js").ElementNode} ElementNode */
/** @typedef {import("./node.js").CodeNode} CodeNode */

/** @type {WeakMap<ChildNode, ReturnType<typeof createCodeBlock>>} */
const codes = new WeakMap();

/**
 * @param {Node} node
 * @returns {ChildNode}
 */
export function create(node) {
  if (typeof node === "string") return new Text(node);
  if ("formula" in node) return createFormula(node);
  if ("code" in node) {
    const view = createCodeBlock(patch);
    codes.set(view.element, view);
    view.update(node);
    return view.element;
  }
  const made = document.createElement(node.tag);
  for (const [name, value] of Object.entries(node.attributes)) made.setAttribute(name, value);
  made.append(...node.children.map(create));
  return made;
}

/**
 * @param {ElementNode} before
 * @param {ElementNode} after
 * @returns {boolean} whether the one can become the other by new values and children
 */
const alike = (before, after) =>
  before.tag === after.tag && String(Object.keys(before.attributes)) === String(Object.keys(after.attributes));

/**
 * @param {ChildNode} shown
 * @param {Node} before
 * @param {Node} after
 * @returns {boolean} false when it has to be made anew
 */
function mend(shown, before, after) {
  if (before === after) return true;
  if (typeof before === "string" || typeof after === "string") {
    if (typeof before !== "string" || typeof after !== "string" || !(shown instanceof Text)) return false;
    if (after.startsWith(before)) shown.appendData(after.slice(before.length));
    else shown.data = after;
    return true;
  }
  if ("code" in before && "code" in after) codes.get(shown)?.update(after);
  else if ("formula" in before && "formula" in after) {
    if (before.growing !== after.growing || before.display !== after.display) return false;
    if (after.growing) shown.textContent = after.source;
    else return before.source === after.source;
  }
  else if ("tag" in before && "tag" in after && alike(before, after) && shown instanceof Element) {
    for (const [name, value] of Object.entries(after.attributes)) {
      if (before.attributes[name] !== value) shown.setAttribute(name, value);
    }
    patch(shown, before.children, after.children);
  } else return false;
  return true;
}

/**
 * @param {Element} parent shows `before` and nothing else
 * @param {Node[]} before
 * @param {Node[]} after
 */
export function patch(parent, before, after) {
  const shown = [...parent.childNodes];
  for (const extra of shown.slice(after.length)) extra.remove();
  after.forEach((node, at) => {
    const child = shown[at];
    const was = before[at];
    if (child === undefined || was === undefined) parent.append(create(node));
    else if (!mend(child, was, node)) child.replaceWith(create(node));
  });
}
