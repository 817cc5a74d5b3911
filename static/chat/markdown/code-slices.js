/** Colours of long code, in slices of whole lines. Pure. */

/** @typedef {import("./highlight.js").Coloured} Coloured */

export const SLICE_LINES = 200;

/**
 * @param {string} code
 * @returns {string[]} in portions of so many lines
 */
export function sliced(code) {
  const lines = code.split(/(?<=\n)/);
  const slices = [];
  for (let at = 0; at < lines.length; at += SLICE_LINES) slices.push(lines.slice(at, at + SLICE_LINES).join(""));
  return slices;
}

/**
 * @param {(Coloured | string)[]} spans
 * @param {string[]} scopes they are in
 * @returns {Generator<{ scopes: string[], text: string }>}
 */
function* leaves(spans, scopes = []) {
  for (const each of spans) {
    if (typeof each === "string") yield { scopes, text: each };
    else yield* leaves(each.inner, each.scope ? [...scopes, each.scope] : scopes);
  }
}

/**
 * @param {(Coloured | string)[]} spans of all of the code
 * @returns {Generator<(Coloured | string)[]>} of each of its portions, as `sliced` cuts it
 */
export function* slicedColours(spans) {
  /** @type {(Coloured | string)[]} */
  let slice = [];
  let lines = 0;
  for (const { scopes, text } of leaves(spans)) {
    for (const line of text.split(/(?<=\n)/)) {
      if (!line) continue;
      slice.push(scopes.reduceRight((/** @type {Coloured | string} */ inner, scope) => ({ scope, inner: [inner] }), line));
      if (!line.endsWith("\n") || ++lines < SLICE_LINES) continue;
      yield slice;
      slice = [];
      lines = 0;
    }
  }
  if (slice.length > 0) yield slice;
}
