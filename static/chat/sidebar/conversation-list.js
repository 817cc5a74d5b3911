/** A list of conversations, newest first, under headings that tell when something was last said. */

import { createEntry, patchEntry, readEntry } from "./entry.js";
import { createRows } from "./rows.js";
import { dateGroupOf } from "./date-group.js";

/** @typedef {import("../state/events.js").Conversation} Conversation */
/** @typedef {import("../api/conversations.js").ConversationPage} ConversationPage */
/** @typedef {import("./date-group.js").Section} Section */
/** @typedef {ReturnType<typeof createRows>} Rows */
/** @typedef {{ conversation: Conversation, updated: number, element: HTMLElement, rows: Rows | null }} Entry `rows` it stands in */

/**
 * @param {HTMLElement} list may hold entries that the server rendered; those are taken over
 * @param {object} parts
 * @param {HTMLTemplateElement} parts.template holds chat/entry.html
 * @param {HTMLTemplateElement} parts.sectionTemplate holds chat/section.html
 * @param {boolean} parts.archived which conversations it shows: the archived ones, or the others
 * @param {boolean} parts.more whether there are older ones than those in the list
 */
export function createConversationList(list, { template, sectionTemplate, archived, more }) {
  /** @type {Map<string, Entry>} */
  const entries = new Map();
  /** @type {Map<string, { element: HTMLElement, rows: Rows, rank: number }>} */
  const sections = new Map();
  /** @type {Set<string>} those whose place is to be looked for anew */
  const displaced = new Set();
  let day = new Date().toDateString();
  let openId = "";
  let marked = list.querySelector("[aria-current]");
  // What is older than this is not in the list, although it may exist.
  let horizon = Infinity;

  /** @param {Section} section */
  function rowsOf({ key, title, rank }) {
    const known = sections.get(key);
    if (known) return known.rows;
    const element = sectionTemplate.content.querySelector("section")?.cloneNode(true);
    if (!(element instanceof HTMLElement)) throw new TypeError("The template holds no section.");
    const [heading, empty] = [element.querySelector("h2"), element.querySelector("ul")];
    if (!heading || !empty) throw new TypeError("The section holds no list.");
    heading.id = `${list.id}-${key}`;
    heading.textContent = title;
    empty.setAttribute("aria-labelledby", heading.id);
    empty.remove();
    const rows = createRows(element, empty);
    const below = [...sections.values()].filter((each) => each.rank < rank).sort((a, b) => b.rank - a.rank)[0];
    list.insertBefore(element, below?.element ?? null);
    sections.set(key, { element, rows, rank });
    return rows;
  }

  /** Takes away what is empty. */
  function sweep() {
    for (const [key, { element, rows }] of sections) {
      if (!rows.isEmpty()) continue;
      element.remove();
      sections.delete(key);
    }
  }

  /** @param {Conversation} conversation */
  function put(conversation) {
    const { id, pinned, updated_at } = conversation;
    const updated = Date.parse(updated_at);
    const known = entries.get(id);
    const element = known?.element ?? createEntry(template, id);
    const moved = !known?.element.isConnected || known.updated !== updated || known.conversation.pinned !== pinned;
    entries.set(id, { conversation, updated, element, rows: known?.rows ?? null });
    if (moved) displaced.add(id);
    // Whoever is typing its title is not disturbed.
    if (element.dataset.renaming !== undefined) return;
    patchEntry(element, conversation);
    if (!displaced.delete(id)) return;
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    known?.rows?.take(element);
    const rows = rowsOf(dateGroupOf({ pinned: pinned && !archived, updated }, new Date()));
    rows.place(element, updated);
    entries.set(id, { conversation, updated, element, rows });
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }

  /** @param {string} id */
  function remove(id) {
    const entry = entries.get(id);
    entry?.rows?.take(entry.element);
    entries.delete(id);
    sweep();
  }

  /** Since yesterday everything has moved down by a heading. */
  function turnOver() {
    for (const [id, { conversation }] of [...entries]) {
      displaced.add(id);
      put(conversation);
    }
  }

  function mark() {
    const link = entries.get(openId)?.element.querySelector("a") ?? null;
    if (link === marked) return;
    marked?.removeAttribute("aria-current");
    marked = link;
    link?.setAttribute("aria-current", "page");
  }

  /**
   * @param {Conversation[]} conversations
   * @param {boolean} further whether there are older ones
   */
  function add(conversations, further) {
    for (const each of conversations) put(each);
    const last = conversations.at(-1);
    more = further;
    horizon = more && last ? Math.min(horizon, Date.parse(last.updated_at)) : -Infinity;
    sweep();
    mark();
  }

  const rendered = [...list.querySelectorAll("li")].map((element) => ({ element, conversation: readEntry(element) }));
  for (const { element, conversation } of rendered) {
    entries.set(conversation.id, { conversation, updated: Date.parse(conversation.updated_at), element, rows: null });
    element.remove();
  }
  list.addEventListener("renamed", ({ target }) => {
    const entry = target instanceof HTMLElement ? entries.get(target.dataset.conversationId ?? "") : undefined;
    if (!entry) return;
    put(entry.conversation);
    sweep();
  });
  list.replaceChildren();
  add(rendered.map(({ conversation }) => conversation), more);
  list.dataset.ready = "";

  return {
    add,
    remove,

    /**
     * Shows a conversation as it is now, where it belongs; or not at all.
     *
     * @param {Conversation} conversation
     * @param {boolean} [always] even if it is older than what is in the list
     */
    show(conversation, always = false) {
      const known = entries.has(conversation.id);
      if (conversation.archived !== archived) return remove(conversation.id);
      if (!known && !always && !conversation.pinned && Date.parse(conversation.updated_at) < horizon) return;
      put(conversation);
      sweep();
      mark();
    },

    /**
     * Makes the list agree with what the server says of its beginning.
     *
     * @param {ConversationPage} pinned
     * @param {ConversationPage} newest
     */
    agree(pinned, newest) {
      const present = new Set([...pinned.conversations, ...newest.conversations].map(({ id }) => id));
      const last = newest.next_cursor ? newest.conversations.at(-1) : undefined;
      const oldest = last ? Date.parse(last.updated_at) : -Infinity;
      for (const [id, { conversation, updated }] of [...entries]) {
        const wanting = conversation.pinned ? !pinned.next_cursor : updated > oldest;
        if (wanting && !present.has(id)) remove(id);
      }
      for (const each of [...pinned.conversations, ...newest.conversations]) put(each);
      const today = new Date().toDateString();
      if (day !== today) turnOver();
      day = today;
      sweep();
      mark();
    },

    /** @param {string} id of the conversation in the page; empty for none */
    open(id) {
      if (openId === id) return;
      openId = id;
      mark();
    },

    /**
     * @param {string} id
     * @returns {Entry | undefined}
     */
    find: (id) => entries.get(id),

    /** @returns {number} how many of them have an answer that nobody saw */
    unread: () => [...entries.values()].filter(({ conversation }) => conversation.unread).length,

    /**
     * @param {number} count
     * @returns {Conversation[]} the newest
     */
    recent: (count) =>
      [...entries.values()].sort((a, b) => b.updated - a.updated).slice(0, count).map(({ conversation }) => conversation),
  };
}
