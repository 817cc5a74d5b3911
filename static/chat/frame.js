/** When the page is drawn: once a frame, however much happens in between. */

const HIDDEN_MS = 200;

/**
 * @param {() => boolean} draw returns whether there is more to draw in the next frame
 */
export function createFrame(draw) {
  let asked = false;

  function soon() {
    if (asked) return;
    asked = true;
    // A hidden tab gets no frames, yet its title and its text should be there when it is looked at.
    if (document.hidden) setTimeout(now, HIDDEN_MS);
    else requestAnimationFrame(now);
  }

  function now() {
    asked = false;
    if (draw()) soon();
  }

  return {
    /** In the next frame. */
    soon,

    now,
  };
}
