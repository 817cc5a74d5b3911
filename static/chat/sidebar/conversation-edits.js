/** Renames, pins and archives conversations: shown at once, taken back where the server will not have it. */

import { rename } from "./rename.js";

/** @typedef {import("../api/api.js").Api} Api */
/** @typedef {import("../state/events.js").Conversation} Conversation */
/** @typedef {{ title?: string, pinned?: boolean, archived?: boolean }} Changes */

/**
 * @param {object} parts
 * @param {Api["change"]} parts.request
 * @param {import("./lists.js").Lists} parts.lists
 * @param {ReturnType<typeof import("../page/toast.js").createToast>} parts.toast
 * @param {(id: string, title: string) => void} parts.onTitle
 */
export function createConversationEdits({ request, lists, toast, onTitle }) {
  /**
   * @param {Conversation} before
   * @param {Conversation} after
   */
  function show(before, after) {
    if (before.archived !== after.archived) lists.leave(before.id);
    lists.show(after, true);
    if (before.title !== after.title) onTitle(after.id, after.title);
  }

  /**
   * @param {Conversation} before
   * @param {Changes} changes
   */
  async function change(before, changes) {
    const after = { ...before, ...changes };
    show(before, after);
    try {
      await request(before.id, changes);
    } catch {
      show(after, before);
      return toast.show({ text: "Could not be changed.", act: "Try again", onAct: () => change(before, changes) });
    }
    if (changes.archived === undefined) return;
    const text = changes.archived ? `Archived “${before.title}”` : `Back among your chats: “${before.title}”`;
    toast.show({ text, act: "Undo", onAct: () => change(after, { archived: before.archived }) });
  }

  return {
    /**
     * @param {Conversation} conversation
     * @param {HTMLElement} entry
     */
    rename: (conversation, entry) => rename(entry, (title) => change(conversation, { title })),

    /** @param {Conversation} conversation */
    pin: (conversation) => change(conversation, { pinned: !conversation.pinned }),

    /** @param {Conversation} conversation */
    archive: (conversation) => change(conversation, { archived: !conversation.archived }),
  };
}
