/** Colours for code: highlight.js, fetched when the first code in a known language is shown. */

import { grammarsOf } from "./languages.js";
import { element } from "./tree.js";
import { fetchModule } from "./vendored.js";

/** @typedef {import("./tree.js").Node} Node */
/** @typedef {{ scope?: string, children: (Scope | string)[] }} Scope what highlight.js found */

/** @type {Promise<any> | null} */
let core = null;
/** @type {Map<string, Promise<unknown>>} */
const grammars = new Map();

/** @param {string} name */
async function fetchGrammar(name) {
  const [{ default: library }, { default: grammar }] = await Promise.all([core, fetchModule(`highlightjs/languages/${name}.js`)]);
  library.registerLanguage(name, grammar);
}

/**
 * @param {string} language highlight.js's own name
 * @returns {Promise<(code: string) => Node[]>} rejects when the library cannot be fetched
 */
export async function loadHighlighter(language) {
  core ??= fetchModule("highlightjs/core.js");
  core.catch(() => (core = null));
  const wanted = grammarsOf(language).map((name) => {
    const fetched = grammars.get(name) ?? fetchGrammar(name);
    grammars.set(name, fetched);
    fetched.catch(() => grammars.delete(name));
    return fetched;
  });
  await Promise.all(wanted);
  const { default: library } = await core;
  // Its result holds the tree that its own renderer would turn into markup.
  return (code) => spans(library.highlight(code, { language, ignoreIllegals: true })._emitter.root.children);
}

/**
 * @param {(Scope | string)[]} found
 * @returns {Node[]}
 */
function spans(found) {
  return found.map((each) => {
    if (typeof each === "string") return each;
    const scope = /^[a-z]+/.exec(each.scope ?? "")?.[0] ?? "";
    return element("span", scope ? { class: `hl-${scope}` } : {}, spans(each.children));
  });
}
