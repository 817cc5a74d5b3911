/** One conversation in the list: a link, a dot while an answer is written in it, and the button of its menu. */

/** @typedef {import("../state/events.js").Conversation} Conversation */

const UNTITLED = "New chat";

/**
 * @param {HTMLElement} element made by chat/entry.html
 * @returns {Conversation}
 */
export function readEntry(element) {
  const { conversationId = "", updatedAt = "", pinned, unread, streaming } = element.dataset;
  const title = element.querySelector("a")?.textContent ?? "";
  const marks = { pinned: pinned !== undefined, archived: false, unread: unread !== undefined };
  return { id: conversationId, title, ...marks, updated_at: updatedAt, streaming: streaming || null };
}

/**
 * @param {HTMLTemplateElement} template holds chat/entry.html
 * @param {string} id
 * @returns {HTMLElement}
 */
export function createEntry(template, id) {
  const element = template.content.querySelector("li")?.cloneNode(true);
  const link = element instanceof HTMLElement ? element.querySelector("a") : null;
  if (!(element instanceof HTMLElement) || !link) throw new TypeError("The template holds no entry.");
  element.dataset.conversationId = id;
  link.id = `entry-${id}`;
  link.href = `/c/${id}`;
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {Conversation} conversation
 */
export function patchEntry(element, { title, pinned, unread, updated_at, streaming }) {
  element.dataset.updatedAt = updated_at;
  element.toggleAttribute("data-pinned", pinned);
  element.toggleAttribute("data-streaming", streaming !== null);
  element.toggleAttribute("data-unread", unread);
  const link = element.querySelector("a");
  // Not in its name, which is the title.
  if (unread) link?.setAttribute("aria-description", "New answer");
  else link?.removeAttribute("aria-description");
  const shown = title || UNTITLED;
  if (!link || link.textContent === shown) return;
  link.textContent = shown;
  link.title = shown;
  // Many buttons of one name would be told apart by nobody who hears them.
  element.querySelector("button")?.setAttribute("aria-label", `Options for ‹${shown}›`);
}

/** @param {Element | null | undefined} row */
export const updatedOf = (row) => (row instanceof HTMLElement ? Date.parse(row.dataset.updatedAt ?? "") : 0);

/**
 * @param {HTMLElement} rows entries, newest first
 * @param {number} updated
 * @returns {Element | null} the first entry that is older
 */
export function firstOlder(rows, updated) {
  let [low, high] = [0, rows.children.length];
  // Mostly it is the oldest so far.
  if (high > 0 && updatedOf(rows.lastElementChild) >= updated) return null;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (updatedOf(rows.children[middle]) < updated) high = middle;
    else low = middle + 1;
  }
  return rows.children[low] ?? null;
}
