/**
 * What a tab remembers over a reload, and until whoever uses it signs out. Entries carry the id of the user whose page
 * wrote them: nobody else's page reads them.
 */

const owner = globalThis.document?.querySelector("#page")?.getAttribute("data-user") ?? "";

/** @param {string} name */
const entry = (name) => `${owner}/${name}`;

/**
 * @param {string} name
 * @returns {any} null where nothing is remembered
 */
export function readStored(name) {
  try {
    return JSON.parse(sessionStorage.getItem(entry(name)) ?? "null");
  } catch {
    // Storage may be forbidden; then nothing is remembered.
    return null;
  }
}

/**
 * @param {string} name
 * @param {unknown} value empty or null to forget it
 */
export function writeStored(name, value) {
  try {
    if (value === null || value === "") sessionStorage.removeItem(entry(name));
    else sessionStorage.setItem(entry(name), JSON.stringify(value));
  } catch {
    // It may be full, too.
    return;
  }
}

/** Removes what another user of this tab left behind, whose session ended without a sign-out. */
export function forgetOthers() {
  try {
    for (const name of Object.keys(sessionStorage)) if (!name.startsWith(entry(""))) sessionStorage.removeItem(name);
  } catch {
    return;
  }
}
