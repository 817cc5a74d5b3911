/** Colours for code, found in a worker that is started when the first code in a known language is shown. */

import { element } from "./tree.js";

/** @typedef {import("./tree.js").Node} Node */
/** @typedef {{ scope: string, inner: (Coloured | string)[] }} Coloured what the worker tells; no scope is an empty word */

// Code that people write takes some hundredths of a second.
const MOST_MS = 1000;
const FETCH_MS = 30_000;
const ADDRESS = new URL("highlighter.js", import.meta.url).href;

/**
 * What the page's policy takes as the address of a worker: this one and no other. It can be made once.
 *
 * @type {{ createScriptURL: (address: string) => string } | null}
 */
let policy = null;
/** @type {Worker | null} */
let worker = null;
/** @type {Promise<unknown>} */
let last = Promise.resolve();

function start() {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  policy ??= trustedTypes?.createPolicy("highlighter", { createScriptURL: () => ADDRESS });
  return new Worker(policy?.createScriptURL(ADDRESS) ?? ADDRESS, { type: "module" });
}

/**
 * @param {string} code
 * @param {string} language highlight.js's own name
 * @returns {Promise<Node[]>} after what was asked before it; rejects where there are none, or they take too long
 */
export function highlight(code, language) {
  const found = last.then(() => ask(code, language));
  last = found.catch(() => {});
  return found.then(nodes);
}

/**
 * @param {string} code
 * @param {string} language
 * @returns {Promise<(Coloured | string)[]>}
 */
function ask(code, language) {
  const asked = (worker ??= start());
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer);
      asked.terminate();
      worker = null;
      reject(new Error("The highlighter took too long."));
    };
    let timer = setTimeout(giveUp, FETCH_MS);
    asked.onerror = giveUp;
    asked.onmessage = ({ data }) => {
      clearTimeout(timer);
      if (data === "begun") timer = setTimeout(giveUp, MOST_MS);
      else if (data) resolve(data);
      else reject(new Error("The highlighter could not read it."));
    };
    asked.postMessage({ code, language });
  });
}

/**
 * @param {(Coloured | string)[]} spans
 * @returns {Node[]}
 */
function nodes(spans) {
  return spans.map((each) => {
    if (typeof each === "string") return each;
    return element("span", each.scope ? { class: `hl-${each.scope}` } : {}, nodes(each.inner));
  });
}
