/** Tokens as a tree of what may be shown: the list of everything an answer can become. Pure. */

import { element } from "./node.js";
import { reference, words } from "./notes.js";
import { isPicture, link, objection } from "./safe-url.js";

/** @typedef {import("./parser.js").Token} Token */
/** @typedef {import("./node.js").Node} Node */
/** @typedef {import("./node.js").ElementNode} ElementNode */
/** @typedef {import("./node.js").FormulaNode} FormulaNode */
/** @typedef {import("./notes.js").Notes} Notes */

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;
// Nobody means more emphasis than this, and drawing it would take all of the stack.
const DEEPEST = 50;
const TASK = /^\[([ xX])\]\s/;
/** @type {Record<string, string>} */
const TAGS = {
  paragraph_open: "p",
  bullet_list_open: "ul",
  list_item_open: "li",
  blockquote_open: "blockquote",
  thead_open: "thead",
  tbody_open: "tbody",
  tr_open: "tr",
  strong_open: "strong",
  em_open: "em",
  s_open: "s",
  details_open: "details",
  summary_open: "summary",
};

/** @param {string} address */
const away = (address) => ({ href: address, target: "_blank", rel: "noopener noreferrer" });

/**
 * @param {Token} token
 * @returns {ElementNode | null} null: its content stands without an element
 */
function opened(token) {
  const tag = TAGS[token.type];
  if (tag) return token.hidden ? null : element(tag);
  const attribute = (/** @type {string} */ name) => String(token.attrGet(name) ?? "");
  switch (token.type) {
    case "heading_open":
      // The page's title is its only heading of the first level.
      return element(`h${Math.min(6, Number(token.tag[1]) + 1)}`);
    case "ordered_list_open":
      return element("ol", attribute("start") ? { start: attribute("start") } : {});
    case "table_open":
      return element("table");
    case "th_open":
    case "td_open": {
      const align = /^text-align:(center|right)$/.exec(attribute("style"))?.[1];
      return element(token.tag, align ? { "data-align": align } : {});
    }
    case "link_open": {
      const title = attribute("title");
      // An address that is its own text is read from left to right.
      const address = token.info === "auto" && { dir: "ltr" };
      return link(attribute("href")) && element("a", { ...away(attribute("href")), ...(title && { title }), ...address });
    }
    case "html_open":
      return element(String(token.meta?.tag));
    default:
      return null;
  }
}

/** @param {Token} token */
function picture(token) {
  const address = String(token.attrGet("src") ?? "");
  const alt = plain(token.children ?? []);
  if (isPicture(address)) {
    const why = objection(address);
    return why ? `[Image: ${alt || "untitled"} — ${why}]` : element("img", { src: address, alt });
  }
  const host = link(address)?.hostname;
  if (!host) return alt;
  return element("a", { class: "picture", ...away(address) }, [`Image: ${alt || "untitled"} — ${host}`]);
}

/**
 * @param {Token[]} tokens
 * @returns {string} their text
 */
const plain = (tokens) => tokens.map((token) => token.content || plain(token.children ?? [])).join("");

/**
 * @param {Token} token
 * @returns {FormulaNode}
 */
function formula({ content, meta }) {
  const node = { formula: content, display: meta?.display === true, source: String(meta?.source) };
  return meta?.growing ? { ...node, growing: true } : node;
}

/**
 * @param {Token} token
 * @param {Notes} notes
 * @returns {Node | null} null: nothing is shown of it
 */
function leaf(token, notes) {
  switch (token.type) {
    case "hr":
      return element("hr");
    case "code_inline":
      return element("code", { dir: "ltr" }, [token.content]);
    case "code_block":
    case "fence":
      return { code: token.content, language: token.meta?.growing ? token.info.trim() : (token.info.trim().split(/\s/, 1)[0] ?? "") };
    case "math":
      return formula(token);
    case "image":
      return picture(token);
    case "footnote_ref":
      return reference(token, notes);
    default:
      return token.content || null;
  }
}

/**
 * @param {Node[]} children
 * @param {Node | null} node
 */
function add(children, node) {
  const last = children.length - 1;
  if (typeof node === "string" && typeof children[last] === "string") children[last] += node;
  else if (node !== null) children.push(node);
}

/** @param {ElementNode} item becomes a task with a box when it begins like one */
function tick(item) {
  const first = item.children[0];
  const words = typeof first === "object" && "tag" in first && first.tag === "p" ? first.children : item.children;
  const found = typeof words[0] === "string" ? TASK.exec(words[0]) : null;
  if (!found || typeof words[0] !== "string") return;
  item.attributes = { class: "task" };
  words[0] = words[0].slice(found[0].length);
  words.unshift(element("input", { type: "checkbox", disabled: "", ...(found[1] !== " " && { checked: "" }) }));
}

/** @param {ElementNode} cell keeps numbers, and the signs before and behind them, from being mirrored */
function isolate(cell) {
  const words = text(cell);
  if (/\d/.test(words) && !RIGHT_TO_LEFT.test(words)) cell.children = [element("bdi", { dir: "ltr" }, cell.children)];
}

/**
 * @param {Node} node
 * @returns {string} its words
 */
const text = (node) => (typeof node === "string" ? node : "children" in node ? node.children.map(text).join("") : "");

/**
 * @param {Token[]} tokens
 * @param {Notes} notes is added to
 * @param {Node[]} [into]
 * @returns {Node[]}
 */
export function build(tokens, notes, into = []) {
  /** @type {{ children: Node[], node: ElementNode | null }[]} */
  const stack = [{ children: into, node: null }];
  for (const token of tokens) {
    const { children } = stack.at(-1) ?? { children: into };
    if (token.type === "inline") build(token.children ?? [], notes, children);
    else if (token.type === "footnote_open") stack.push({ children: words(notes, String(token.meta?.label)), node: null });
    else if (token.nesting === 1) {
      const node = stack.length > DEEPEST ? null : opened(token);
      const scrolled = node?.tag === "table" ? element("div", { class: "table", tabindex: "0" }, [node]) : node;
      if (scrolled) children.push(scrolled);
      stack.push({ children: node ? node.children : children, node });
    } else if (token.nesting === -1) {
      const { node } = stack.pop() ?? { node: null };
      if (node?.tag === "li") tick(node);
      else if (token.type === "td_close" && node) isolate(node);
    } else if (/break$/.test(token.type)) children.push(element("br"), "\n");
    else add(children, leaf(token, notes));
  }
  return into;
}
