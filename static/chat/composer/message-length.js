/** How long a message is, told once that matters. Pure. */

// From this share of the limit on it is told.
const NEAR = 0.9;
const number = new Intl.NumberFormat("en-US");

/**
 * @param {string} message
 * @param {number} limit in characters, as the server counts them: what lies beyond the basic plane is one
 * @returns {{ over: boolean, text: string }} empty text while there is room enough
 */
export function lengthOf(message, limit) {
  // Never fewer than what the server counts.
  if (message.length < limit * NEAR) return { over: false, text: "" };
  const length = [...message].length;
  if (length > limit) return { over: true, text: `${number.format(length - limit)} ${length - limit === 1 ? "character" : "characters"} too long: at most ${number.format(limit)} can be sent.` };
  return { over: false, text: length < limit * NEAR ? "" : `${number.format(length)} of ${number.format(limit)} characters` };
}
