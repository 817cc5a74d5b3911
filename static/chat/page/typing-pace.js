/** How many characters of a growing text to show by now. Pure. */

const CATCH_UP_MS = 100;
const LEAST_CHARS = 4;

/**
 * Text arrives in bursts; each frame shows a share of what is waiting, so it flows without ever falling behind.
 *
 * @param {string} text all that has arrived
 * @param {number} shown how many of its characters (UTF-16) are on the screen
 * @param {number} elapsed milliseconds since the last frame
 * @returns {number} how many shall be after this frame; never half of a surrogate pair
 */
export function charactersDue(text, shown, elapsed) {
  const waiting = text.length - shown;
  const share = Math.min(1, elapsed / CATCH_UP_MS);
  const next = shown + Math.min(waiting, Math.max(LEAST_CHARS, Math.ceil(waiting * share)));
  const code = text.charCodeAt(next - 1);
  return next < text.length && code >= 0xd800 && code <= 0xdbff ? next + 1 : next;
}
