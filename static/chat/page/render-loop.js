/** Decides when the page is drawn: an action in the next frame, a growing text at a steady pace, never most of the time. */

const HIDDEN_MS = 200;
// A growing text is read, not watched: twenty times a second is smooth.
const EVERY_MS = 50;
// Of the time at most this share goes into drawing it, on however slow a machine.
const SHARE = 0.08;

/**
 * @param {(elapsed: number) => boolean} draw gets the milliseconds since it was last called; returns whether there is
 *   more to draw
 */
export function createRenderLoop(draw) {
  let asked = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let began = performance.now();
  let next = 0;

  function soon() {
    if (asked) return;
    asked = true;
    // A hidden tab gets no frames, yet its title and its text should be there when it is looked at.
    if (document.hidden) setTimeout(now, HIDDEN_MS);
    else requestAnimationFrame(now);
  }

  function later() {
    if (asked || timer) return;
    const rest = next - performance.now();
    if (rest <= 0) return soon();
    timer = setTimeout(() => {
      timer = undefined;
      later();
    }, rest);
  }

  function now() {
    asked = false;
    const before = began;
    began = performance.now();
    next = began + EVERY_MS;
    const more = draw(began - before);
    // Style, layout and paint come before the next task.
    setTimeout(() => (next = Math.max(next, began + (performance.now() - began) / SHARE)));
    if (more) later();
  }

  return {
    /** In the next frame. */
    soon,

    /** When it is time for more of a text. */
    later,

    now,
  };
}
