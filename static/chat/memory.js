/** What a tab remembers over a reload, and until whoever uses it signs out. */

/**
 * @param {string} name
 * @returns {any} null where nothing is remembered
 */
export function recall(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? "null");
  } catch {
    // Storage may be forbidden; then nothing is remembered.
    return null;
  }
}

/**
 * @param {string} name
 * @param {unknown} value empty or null to forget it
 */
export function remember(name, value) {
  try {
    if (value === null || value === "") sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // It may be full, too.
    return;
  }
}
