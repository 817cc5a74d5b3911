/** A long tree in portions, each of which the page can make, and lay out, in a short while. Pure. */

import { element } from "./node.js";

/** @typedef {import("./node.js").Node} Node */
/** @typedef {import("./node.js").ElementNode} ElementNode */

const MOST_NODES = 300;
// A block of code or a formula is made of many.
const LEAF_NODES = 10;

/** @type {WeakMap<object, number>} */
const sizes = new WeakMap();

/**
 * @param {Node} node
 * @returns {number} about how many nodes the page makes of it
 */
function size(node) {
  if (typeof node === "string") return 1;
  if (!("children" in node)) return LEAF_NODES;
  const known = sizes.get(node);
  if (known !== undefined) return known;
  const found = node.children.reduce((sum, child) => sum + size(child), 1);
  sizes.set(node, found);
  return found;
}

/**
 * @param {Iterable<Node>} nodes
 * @param {number} most
 * @returns {Generator<Node[]>} them in order, in groups
 */
function* grouped(nodes, most) {
  /** @type {Node[]} */
  let group = [];
  let left = most;
  for (const node of nodes) {
    const taken = size(node);
    if (taken > left && group.length > 0) {
      yield group;
      group = [];
      left = most;
    }
    group.push(node);
    left -= taken;
  }
  if (group.length > 0) yield group;
}

/** @param {Node | undefined} node */
const isContinued = (node) => typeof node === "object" && "tag" in node && node.attributes["data-continued"] !== undefined;

/**
 * @param {Node} node
 * @param {number} most
 * @returns {Generator<Node>} it, or elements of its kind with a part of its children each
 */
function* pieces(node, most) {
  // Details would be several, each to be opened.
  if (typeof node === "string" || !("children" in node) || node.tag === "details" || size(node) <= most) return yield node;
  // Where it is deep, a portion is as large as its way down at least.
  const within = Math.max(1, most - 1);
  let items = Number(node.attributes.start ?? 1);
  let isFirst = true;
  for (const children of grouped(inner(node, within), within)) {
    // What goes on here has its number in the list already.
    const start = items - (isContinued(children[0]) ? 1 : 0);
    /** @type {Record<string, string>} */
    const attributes = { ...node.attributes };
    if (node.tag === "ol" && start !== 1) attributes.start = String(start);
    if (!isFirst) attributes["data-continued"] = "";
    yield element(node.tag, attributes, children);
    items += children.filter((child) => !isContinued(child)).length;
    isFirst = false;
  }
}

/**
 * @param {ElementNode} node
 * @param {number} most
 * @returns {Generator<Node>}
 */
function* inner(node, most) {
  for (const child of node.children) yield* pieces(child, most);
}

/**
 * @param {Node[]} nodes of a whole answer
 * @returns {Generator<ElementNode>} elements that show them one after the other
 */
export function* portions(nodes) {
  for (const group of grouped(inner(element("div", {}, nodes), MOST_NODES), MOST_NODES)) {
    yield element("div", { class: "markdown portion", ...(isContinued(group[0]) ? { "data-continued": "" } : {}) }, group);
  }
}
