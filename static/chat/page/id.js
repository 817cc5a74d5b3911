/** Names that nothing else has. */

/** @returns {string} 32 hexadecimal digits */
export function freshId() {
  // Of an insecure origin's random sources only this one is there.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
