/** Puts together what leads to other conversations: the lists, their menu, deletion, search, and the feed of changes. */

import { lazy } from "../page/lazy.js";
import { createConversationEdits } from "./conversation-edits.js";
import { createChangeFeed } from "../api/changes.js";
import { watchEntryMenu, watchTitleMenu } from "./entry-menu.js";
import { createLists } from "./lists.js";
import { need, show } from "../page/dom.js";
import { whileSeen } from "../page/presence.js";
import { createDeleteUndo } from "./delete-undo.js";
import { createToast } from "../page/toast.js";

/** @typedef {import("../api/api.js").Api} Api */
/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/events.js").PageEvent} PageEvent */
/** @typedef {import("../state/events.js").Conversation} Conversation */

/**
 * @typedef {object} SearchParts
 * @property {(query: string, signal: AbortSignal, cursor?: string) => Promise<import("../api/conversations.js").ConversationPage>} request
 * @property {() => Conversation[]} recent
 * @property {(href: string) => void} go
 */

const RECENT = 8;

/**
 * @param {object} parts
 * @param {Api} parts.api
 * @param {() => State} parts.current
 * @param {(event: PageEvent) => void} parts.dispatch
 * @param {(seen?: number) => void} parts.onElsewhere in the page's conversation something was said in another tab or on
 *   another device; or perhaps, if it is told when what the page knows was said, in milliseconds
 * @param {() => void} parts.onChange something that the page shows of a conversation may have changed
 * @param {(href: string) => void} parts.go
 * @param {() => Promise<{ createSearch: (dialog: HTMLDialogElement, parts: SearchParts) => { begin: () => void } }>} parts.fetchSearch
 */
export function createSidebar({ api, current, dispatch, onElsewhere, onChange, go, fetchSearch }) {
  const panel = need("#lists", HTMLElement);
  const lists = createLists(panel, api);
  const toast = createToast(need("#toast", HTMLElement));
  /**
   * @param {string} id
   * @param {string} title
   */
  function onTitle(id, title) {
    if (id === current().conversationId && title) dispatch({ type: "title", title });
  }
  const editing = createConversationEdits({ request: api.change, lists, toast, onTitle });
  const removal = createDeleteUndo({
    request: api.deleteConversation,
    restore: api.restoreConversation,
    toast,
    onRemoved: ({ id, open }) => (open ? location.assign("/") : lists.leave(id)),
    onRestored(conversation, { id, open }) {
      if (open) return location.assign(`/c/${id}`);
      lists.show(conversation, true);
      lists.find(id)?.element.querySelector("a")?.focus();
    },
  });
  const dialog = need("#search", HTMLDialogElement);
  const search = lazy(async () => {
    const { createSearch } = await fetchSearch();
    return createSearch(dialog, {
      request: (query, signal, cursor) => api.conversations({ q: query, ...(cursor ? { cursor } : {}) }, signal),
      recent: () => lists.recent(RECENT),
      go,
    });
  });

  async function openSearch() {
    if (dialog.open) return;
    // What is typed before the rest is there stands in its box.
    dialog.showModal();
    const box = need("input", HTMLInputElement, dialog);
    box.focus();
    box.select();
    (await search()).begin();
  }

  /** @type {Set<string>} generations that this page knows of */
  const followed = new Set();
  /** @type {string | null} */
  let writing = null;
  /** @type {string | null} the conversation in the page */
  let here = null;
  // When, as far as is known here, something was last said in the page's conversation, and what was being written then.
  let said = NaN;
  /** @type {string | null} */
  let live = null;
  let listens = false;
  /** @type {PageEvent[] | null} what the feed has told since the list is being asked for */
  let meanwhile = null;

  /** @type {Record<string, (conversation: Conversation, entry: HTMLElement) => unknown>} */
  const actions = {
    ...editing,
    delete: (conversation) => removal.remove(conversation, conversation.id === current().conversationId),
  };
  /** @type {(what: string, found: import("./entry-menu.js").Found) => unknown} */
  const act = (what, { conversation, element }) => (actions[what]?.(conversation, element), onChange());
  const archivedNote = need("#archived-note", HTMLElement);
  const open = () => lists.find(current().conversationId ?? "");
  need("[data-unarchive]", HTMLElement, archivedNote).addEventListener("click", () => {
    const found = open();
    if (found) act("archive", found);
  });
  watchEntryMenu({ panel, menu: need("#entry-menu", HTMLElement), find: lists.find, act });
  watchTitleMenu({ button: need("#title-button", HTMLButtonElement), menu: need("#title-menu", HTMLElement), open, act });

  /** @param {Conversation | undefined} conversation in the page: what is looked at is not unread */
  function see(conversation) {
    if (!conversation?.unread || document.hidden) return;
    lists.show({ ...conversation, unread: false });
    queueMicrotask(onChange); // of what the page opens with it is told before the page is put together
    api.change(conversation.id, { unread: false }).catch(() => {});
  }
  document.addEventListener("visibilitychange", () => see(open()?.conversation));

  /** @param {PageEvent} event of the feed */
  function told(event) {
    meanwhile?.push(event);
    if (event.type === "removed") return lists.leave(event.id);
    if (event.type !== "conversation") return;
    const { conversationId, title, phase } = current();
    /** @type {Conversation} */
    const conversation = event.conversation;
    lists.show(conversation);
    onChange();
    if (conversation.id !== conversationId) return;
    see(conversation);
    if (conversation.title !== title) onTitle(conversation.id, conversation.title);
    const { streaming } = conversation;
    const updated = Date.parse(conversation.updated_at);
    // A quick answer may be there before anybody has seen it begin; the end of one that is followed is no news.
    const isNews = streaming ? !followed.has(streaming) : updated !== said && !followed.has(live ?? "");
    [said, live] = [updated, streaming];
    if (isNews && phase === "idle") onElsewhere();
  }

  async function refresh() {
    // What was told while nobody looked was not heard.
    if (listens && current().conversationId && current().phase === "idle") onElsewhere(said);
    listens = true;
    meanwhile = [];
    await lists.refresh().catch(() => {});
    // What was told while the server answered may be newer than its answer.
    const newer = meanwhile;
    meanwhile = null;
    for (const event of newer) told(event);
  }

  need("[data-search]", HTMLElement).addEventListener("click", openSearch);
  need("#archive button", HTMLElement).addEventListener("click", () => lists.showArchived(false));
  whileSeen(createChangeFeed({ open: api.changes, onEvent: told, onOpen: refresh }));
  removal.resume();
  const { conversationId: id, title = "", updatedAt, pinned, archived, unread } = need("#page", HTMLElement).dataset;
  if (id && updatedAt) {
    const marks = { pinned: pinned !== undefined, archived: archived !== undefined, unread: unread !== undefined };
    opened({ id, title, ...marks, updated_at: updatedAt, streaming: null });
  }

  /** @param {(Conversation & { temporary?: boolean }) | null} conversation in the page now; null for a new one */
  function opened(conversation) {
    [said, live] = [Date.parse(conversation?.updated_at ?? ""), null];
    if (!conversation || conversation.temporary) return;
    see(conversation);
    // However old it is, it has its place in the list.
    if (!lists.find(conversation.id)) lists.show(conversation, true);
  }

  return {
    search: openSearch,
    further: search,
    undo: toast.perform,
    offer: toast.show,
    /** @param {string} text */
    say: (text) => toast.show({ text, act: "", onAct() {} }),
    showArchived: lists.showArchived,
    unread: lists.unread,
    opened,

    /** @param {State} state */
    update({ conversationId: id, title, generationId, temporary }) {
      if (generationId) followed.add(generationId);
      const [before, another] = [writing, here !== id];
      [writing, here] = [generationId, id];
      lists.open(id ?? "");
      show(archivedNote, Boolean(open()?.conversation.archived));
      if (!id || temporary) return;
      // Another one was opened, in which nothing is said: nothing has ended in it either.
      if (before !== generationId && !(another && generationId === null)) {
        const fresh = { id, title, pinned: false, archived: false, unread: false, updated_at: "" };
        const updated_at = new Date().toISOString();
        // What is being said stands first, before the feed tells it.
        lists.show({ ...fresh, ...lists.find(id)?.conversation, updated_at, streaming: generationId }, true);
      }
    },
  };
}
