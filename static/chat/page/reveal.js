/** Keeps a page that opens hidden until everything in view has its final place. */

/** @param {number} count of frames; a hidden page has none */
async function framesDrawn(count) {
  for (let left = count; left > 0 && !document.hidden; left--) await new Promise(requestAnimationFrame);
}

/**
 * @param {HTMLElement} thread has been drawn once; is marked as ready
 * @param {() => Promise<unknown>} drawn settles once the long answers and the formulas in view are there
 * @returns {Promise<void>} when it can be seen
 */
export async function reveal(thread, drawn) {
  // What is in view is formatted in a microtask that was asked for before, what is near it a frame later; and then the
  // scroll position follows what both have grown to.
  await null;
  await drawn();
  await framesDrawn(4);
  thread.dataset.ready = "";
}
