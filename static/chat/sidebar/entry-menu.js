/** The menu of a conversation in the list: opens at its button, or by the keyboard's own key. */

import { need } from "../page/dom.js";
import { createMenu } from "../page/menu.js";

/** @typedef {import("../state/events.js").Conversation} Conversation */
/** @typedef {{ conversation: Conversation, element: HTMLElement }} Found */

/**
 * @param {object} parts
 * @param {HTMLElement} parts.panel holds the lists, and scrolls
 * @param {HTMLElement} parts.menu
 * @param {(id: string) => Found | undefined} parts.find
 * @param {(what: string, found: Found) => unknown} parts.act
 */
export function watchEntryMenu({ panel, menu: items, find, act }) {
  let chosen = "";
  let openedAt = 0;
  const menu = createMenu(items, (what) => {
    const found = find(chosen);
    if (found) act(what, found);
  });

  /** @param {EventTarget | null} target within an entry */
  function open(target) {
    const entry = target instanceof Element ? target.closest("li") : null;
    const button = entry?.querySelector("button");
    const found = find(entry?.dataset.conversationId ?? "");
    if (!button || !found) return false;
    const { id, pinned, archived } = found.conversation;
    chosen = id;
    need("[data-do=pin] span", HTMLElement, items).textContent = pinned ? "Unpin" : "Pin";
    need("[data-do=archive] span", HTMLElement, items).textContent = archived ? "Unarchive" : "Archive";
    for (const link of items.querySelectorAll("a")) link.href = `/api/conversations/${id}/export?format=${link.dataset.format}`;
    menu.toggle(button);
    openedAt = panel.scrollTop;
    return true;
  }

  panel.addEventListener("click", ({ target }) => target instanceof Element && target.closest("li button") && open(target));
  // The Tab key stops once at each chat: its button is reached from there.
  panel.addEventListener("keydown", (event) => {
    const at = event.target instanceof Element ? event.target.closest("li > a, li > button") : null;
    if (!at || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const all = [...panel.querySelectorAll("li > a")].filter((each) => each.checkVisibility());
    const place = all.findIndex((each) => each.parentElement === at.parentElement);
    /** @type {Record<string, Element | null | undefined>} */
    const next = {
      ArrowRight: at.parentElement?.querySelector("button"),
      ArrowLeft: all[place],
      ArrowDown: all[place + 1],
      ArrowUp: all[Math.max(0, place - 1)],
    };
    const to = next[event.key];
    if (!(to instanceof HTMLElement)) return;
    event.preventDefault();
    to.focus();
  });
  // The key, not the mouse, whose own menu opens links in new tabs.
  panel.addEventListener("keydown", (event) => {
    const wanted = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
    if (wanted && open(event.target)) event.preventDefault();
  });
  // What was still to be told when the menu opened does not close it.
  panel.addEventListener("scroll", () => panel.scrollTop !== openedAt && menu.close({ refocus: false }), { passive: true });
}
