/** What was typed and not yet received by the server survives a reload of the tab. */

/** @param {string} conversation an id, or empty for a new one */
const nameOf = (conversation) => `draft:${conversation}`;

/**
 * @param {string} conversation
 * @returns {string}
 */
export function readDraft(conversation) {
  try {
    return sessionStorage.getItem(nameOf(conversation)) ?? "";
  } catch {
    // Storage may be full or forbidden; then there are no drafts.
    return "";
  }
}

/**
 * @param {string} conversation
 * @param {string} text empty to forget it
 */
export function keepDraft(conversation, text) {
  try {
    if (text) sessionStorage.setItem(nameOf(conversation), text);
    else sessionStorage.removeItem(nameOf(conversation));
  } catch {
    return;
  }
}
