/** The menu of a conversation: opens at its button in the list, by the keyboard's own key, or at the title. */

import { need } from "../page/dom.js";
import { createMenu } from "../page/menu.js";

/** @typedef {import("../state/events.js").Conversation} Conversation */
/** @typedef {{ conversation: Conversation, element: HTMLElement }} Found */

/**
 * @param {HTMLElement} items
 * @param {(id: string) => Found | undefined} find
 * @param {(what: string, found: Found) => unknown} act
 */
function createConversationMenu(items, find, act) {
  let chosen = "";
  const menu = createMenu(items, (what) => {
    const found = find(chosen);
    if (found) act(what, found);
  });

  return {
    close: menu.close,

    /**
     * @param {HTMLElement} button
     * @param {Conversation} conversation
     */
    open(button, { id, pinned, archived }) {
      chosen = id;
      need("[data-do=pin] span", HTMLElement, items).textContent = pinned ? "Unpin" : "Pin";
      need("[data-do=archive] span", HTMLElement, items).textContent = archived ? "Unarchive" : "Archive";
      for (const link of items.querySelectorAll("a")) link.href = `/api/conversations/${id}/export?format=${link.dataset.format}`;
      menu.toggle(button);
    },
  };
}

/**
 * @param {object} parts
 * @param {HTMLElement} parts.panel holds the lists, and scrolls
 * @param {HTMLElement} parts.menu
 * @param {(id: string) => Found | undefined} parts.find
 * @param {(what: string, found: Found) => unknown} parts.act
 */
export function watchEntryMenu({ panel, menu: items, find, act }) {
  let openedAt = 0;
  const menu = createConversationMenu(items, find, act);

  /** @param {EventTarget | null} target within an entry */
  function open(target) {
    const entry = target instanceof Element ? target.closest("li") : null;
    const button = entry?.querySelector("button");
    const found = find(entry?.dataset.conversationId ?? "");
    if (!button || !found) return false;
    menu.open(button, found.conversation);
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

/**
 * @param {object} parts
 * @param {HTMLButtonElement} parts.button the title, where the conversation is read
 * @param {HTMLElement} parts.menu
 * @param {() => Found | undefined} parts.open the conversation in the page
 * @param {(what: string, found: Found) => unknown} parts.act gets the title's own element
 */
export function watchTitleMenu({ button, menu: items, open, act }) {
  const place = button.parentElement ?? button;
  const menu = createConversationMenu(items, open, (what, { conversation }) => act(what, { conversation, element: place }));
  button.addEventListener("click", () => {
    const found = open();
    if (found) menu.open(button, found.conversation);
  });
}
