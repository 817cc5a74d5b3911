/** The two lists of conversations, of which one is shown: the current ones, and the archived. */

import { watchEndSentinel } from "../page/end-sentinel.js";
import { createLoadMore } from "./load-more.js";
import { need } from "../page/dom.js";
import { createConversationList } from "./conversation-list.js";

/** @typedef {import("../api/api.js").Api} Api */
/** @typedef {import("../state/events.js").Conversation} Conversation */
/** @typedef {ReturnType<typeof createLists>} Lists */

/** @type {import("../api/conversations.js").ConversationPage} */
const NONE = { conversations: [], next_cursor: null };

/**
 * @param {HTMLElement} panel
 * @param {Pick<Api, "conversations">} api
 */
export function createLists(panel, api) {
  const [currentList, archivedList] = [need("#conversations", HTMLElement), need("#archived", HTMLElement)];
  const templates = {
    template: need("#entry-template", HTMLTemplateElement),
    sectionTemplate: need("#section-template", HTMLTemplateElement),
  };
  const cursor = currentList.dataset.cursor || null;
  const current = createConversationList(currentList, { ...templates, archived: false, more: cursor !== null });
  const archived = createConversationList(archivedList, { ...templates, archived: true, more: true });
  const both = [current, archived];
  const older = createLoadMore({ request: (from) => api.conversations({ cursor: from }), cursor, onPage: current.add });
  const olderArchived = createLoadMore({
    request: (from) => api.conversations({ archived: true, ...(from ? { cursor: from } : {}) }),
    cursor: "",
    onPage: archived.add,
  });
  const near = { root: panel, rootMargin: "400px" };
  watchEndSentinel(need("#conversations-end", HTMLElement), near, older.more);
  watchEndSentinel(need("#archived-end", HTMLElement), near, olderArchived.more);

  /** @param {string} id */
  const find = (id) => current.find(id) ?? archived.find(id);

  return {
    find,
    recent: current.recent,
    unread: () => both.reduce((sum, each) => sum + each.unread(), 0),

    /**
     * @param {Conversation} conversation shown where it belongs
     * @param {boolean} [always] even if it is older than what is in the lists
     */
    show(conversation, always) {
      for (const each of both) each.show(conversation, always);
    },

    /**
     * Takes an entry out of the lists; who had the focus there is led to its neighbour.
     *
     * @param {string} id
     */
    leave(id) {
      const entry = find(id)?.element;
      const held = entry?.contains(document.activeElement);
      const links = [...panel.querySelectorAll("li > a")].filter((link) => link.checkVisibility());
      const at = links.findIndex((link) => link.parentElement === entry);
      const next = links[at + 1] ?? links[at - 1] ?? need("#new-chat", HTMLElement);
      for (const each of both) each.remove(id);
      if (held && next instanceof HTMLElement) next.focus();
    },

    /** Asks the server for the beginning of the list anew. */
    async refresh() {
      const [pinned, newest] = await Promise.all([api.conversations({ pinned: true }), api.conversations({})]);
      current.agree(pinned, newest);
      if (olderArchived.begun()) archived.agree(NONE, await api.conversations({ archived: true }));
    },

    /** @param {string} id of the conversation in the page */
    open(id) {
      for (const each of both) each.open(id);
    },

    /** @param {boolean} wanted whether the archived conversations are shown in place of the others */
    showArchived(wanted) {
      const [shown, other] = [need("#archive", HTMLElement), need("#current", HTMLElement)];
      shown.hidden = !wanted;
      other.hidden = wanted;
      panel.scrollTop = 0;
      need(wanted ? "#archive button" : "#new-chat", HTMLElement).focus();
    },
  };
}
