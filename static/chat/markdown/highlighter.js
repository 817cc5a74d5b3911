/** A worker that finds the colours of code by highlight.js. Whatever some code does to it, the page goes on. */

import { slicedColours } from "./code-slices.js";
import { grammarsOf } from "./languages.js";
import { fetchModule } from "./vendored.js";

/** @typedef {import("./highlight.js").Coloured} Coloured */
/** @typedef {{ scope?: string, children: (Scope | string)[] }} Scope what highlight.js found */

// No language means more; much deeper, drawing it would take all of the page's stack.
const DEEPEST = 30;

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
 * @returns {Promise<any>} the library, which knows the language; rejects when it cannot be fetched
 */
async function load(language) {
  core ??= fetchModule("highlightjs/core.js");
  core.catch(() => (core = null));
  const wanted = grammarsOf(language).map((name) => {
    const fetched = grammars.get(name) ?? fetchGrammar(name);
    grammars.set(name, fetched);
    fetched.catch(() => grammars.delete(name));
    return fetched;
  });
  await Promise.all(wanted);
  return (await core).default;
}

/**
 * @param {(Scope | string)[]} found
 * @param {number} [depth]
 * @returns {(Coloured | string)[]}
 */
function spans(found, depth = 0) {
  return found.flatMap((each) => {
    if (typeof each === "string") return [each];
    const inner = spans(each.children, depth + 1);
    return depth < DEEPEST ? [{ scope: /^[a-z]+/.exec(each.scope ?? "")?.[0] ?? "", inner }] : inner;
  });
}

addEventListener("message", async ({ data: { code, language, slices } }) => {
  try {
    const library = await load(language);
    // From here on it is only the code that takes time.
    postMessage("begun");
    // Its result holds the tree that its own renderer would turn into markup.
    const found = spans(library.highlight(code, { language, ignoreIllegals: true })._emitter.root.children);
    for (const each of slices ? slicedColours(found) : [found]) postMessage(each);
    postMessage("done");
  } catch {
    postMessage("failed");
  }
});
