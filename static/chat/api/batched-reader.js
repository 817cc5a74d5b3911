/** Reads a response body in batches: pieces that come faster than the page is drawn are cheaper together. */

const REST_MS = 50;

// The timers of a hidden page may be a minute late.
const rest = () => !globalThis.document?.hidden && new Promise((resolve) => setTimeout(resolve, REST_MS));

/**
 * The first chunk and whatever comes slowly are yielded at once. Throws what the body throws, after what came before it;
 * lets go of the connection when the caller stops listening.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} onChunk at once
 * @returns {AsyncGenerator<Uint8Array[], void, void>}
 */
export async function* batches(body, onChunk) {
  const reader = body.getReader();
  /** @type {Uint8Array[]} */
  let chunks = [];
  let ended = false;
  /** @type {unknown} */
  let problem = null;
  let wake = () => {};

  async function swallow() {
    try {
      for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
        if (value) chunks.push(value);
        onChunk();
        wake();
      }
    } catch (error) {
      problem = error;
    }
    ended = true;
    wake();
  }

  swallow();
  try {
    for (let first = true; ; first = false) {
      const since = performance.now();
      if (chunks.length === 0 && !ended) await new Promise((resolve) => (wake = () => resolve(null)));
      const hurried = !first && performance.now() - since < REST_MS;
      const gulp = chunks;
      chunks = [];
      if (gulp.length > 0) yield gulp;
      else if (problem) throw problem;
      else if (ended) return;
      if (hurried && !ended) await rest();
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
