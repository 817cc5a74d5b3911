/** How much of a growing text is on the screen. Pure. */

const FRAMES_TO_CATCH_UP = 5;
const LEAST_CHARS = 2;

/**
 * Text arrives in bursts; each frame shows a share of what is waiting, so it flows without ever falling behind.
 *
 * @param {string} text all that has arrived
 * @param {number} shown how many of its characters (UTF-16) are on the screen
 * @returns {number} how many shall be after this frame; never half of a surrogate pair
 */
export function reveal(text, shown) {
  const waiting = text.length - shown;
  const next = shown + Math.min(waiting, Math.max(LEAST_CHARS, Math.ceil(waiting / FRAMES_TO_CATCH_UP)));
  const code = text.charCodeAt(next - 1);
  return next < text.length && code >= 0xd800 && code <= 0xdbff ? next + 1 : next;
}
