/** Puts together the controls of a conversation: branches, settings, the buttons under its messages. */

import { createAnnouncer } from "./announcer.js";
import { createRegenerateMenu } from "./regenerate-menu.js";
import { given } from "../state/conversation-settings.js";
import { createMessageCommands } from "./message-commands.js";
import { lazy } from "../page/lazy.js";
import { openEditor } from "./editor.js";
import { readStored, writeStored } from "../state/storage.js";
import { watchEndSentinel } from "../page/end-sentinel.js";
import { need } from "../page/dom.js";
import { goToAnchor } from "./anchor.js";
import { createBranching } from "./branching.js";
import { createTemporary } from "./temporary.js";

/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/events.js").PageEvent} PageEvent */

const KEPT_AS = "settings";

/**
 * @param {object} parts
 * @param {import("../api/api.js").Api} parts.api
 * @param {() => State} parts.current
 * @param {(event: PageEvent) => void} parts.dispatch
 * @param {() => void} parts.draw at once, not in the next frame
 * @param {HTMLElement} parts.log
 * @param {ReturnType<typeof import("./thread.js").createThread>} parts.thread
 * @param {ReturnType<typeof import("../page/scroll.js").createScroll>} parts.scroll
 * @param {ReturnType<typeof import("../composer/send.js").createSender>} parts.sender
 * @param {(note: import("../page/toast.js").Note) => void} parts.offer a way back, for a while
 * @param {() => string[]} parts.models those that may be used
 * @param {(generationId: string) => void} parts.onRunning the branch that is shown is still being written
 * @param {() => void} parts.onAsked an answer is under way, and the button that asked for it is gone
 */
export function createConversationControls({ api, current, dispatch, draw, log, thread, scroll, sender, offer, models, onRunning, onAsked }) {
  const announcer = createAnnouncer(need("#news", HTMLElement));
  const drawer = need("#settings", HTMLDialogElement);
  /** @type {ReturnType<typeof import("./settings.js").createSettings> | null} null as long as nobody wanted to see them */
  let settings = null;
  /** @type {Partial<import("../state/conversation-settings.js").Values> | undefined} what was opened in place; undefined: what the server rendered */
  let shown;
  const fetchSettings = lazy(async () => {
    const { createSettings } = await import("./settings.js");
    settings = createSettings(drawer, {
      kept: () => (current().conversationId === null ? readStored(KEPT_AS) : null),
      keep: (values) => (values === null || current().conversationId === null) && writeStored(KEPT_AS, values),
      load: () => whereThereIs((id) => api.conversation(id, { last: 1 })),
      save: (changes) => whereThereIs((id) => api.change(id, changes)),
    });
    if (shown) settings.opened(shown);
    return settings;
  });
  need("#open-settings", HTMLElement).addEventListener("click", async () => {
    const { begin } = await fetchSettings();
    if (drawer.open) return;
    drawer.showModal();
    begin();
  });
  const temporary = createTemporary({
    page: need("#page", HTMLElement),
    note: need("#temporary-note", HTMLElement),
    button: need("#temporary", HTMLElement),
    onToggle: (chosen) => dispatch({ type: "temporary", temporary: chosen }),
  });
  const branching = createBranching({
    api,
    current,
    dispatch,
    around: (key, change) => scroll.around(() => rowOf(key()), () => (change(), draw(), commands.resume())),
    edited: () => log.querySelector("article[data-editing]")?.getAttribute("data-message-id") ?? "",
    onRunning,
  });
  const menu = createRegenerateMenu(need("#choice", HTMLElement), models);
  const editor = need("#editor-template", HTMLTemplateElement);
  const commands = createMessageCommands({
    current,
    branching,
    sender,
    menu,
    offer,
    edit: (article, how) => openEditor(editor, article, how),
    articleOf: thread.articleOf,
    say: announcer.say,
    complain: announcer.complain,
    onAsked,
  });

  /**
   * @template T
   * @param {(conversationId: string) => T} request
   * @returns {T | null} null while there is no conversation
   */
  function whereThereIs(request) {
    const { conversationId } = current();
    return conversationId ? request(conversationId) : null;
  }

  /** The conversation exists: what was set for it before a reload is its own now. */
  function handOver() {
    const kept = readStored(KEPT_AS);
    writeStored(KEPT_AS, null);
    if (kept) whereThereIs((id) => api.change(id, kept))?.catch(() => announcer.complain("The settings of this chat were not saved."));
  }

  /** @param {string | undefined} key */
  const rowOf = (key) => thread.articleOf(key ?? "")?.querySelector(".actions");

  let lookAbove = () => {};

  return {
    commands,
    further: fetchSettings,

    /**
     * @param {string} model that answers from now on
     * @param {() => void} then
     */
    chosen(model, then) {
      dispatch({ type: "choose", model });
      // The next question carries the choice anyway; this only remembers it earlier.
      whereThereIs((id) => api.change(id, { model }))?.catch(() => {});
      then();
    },

    /** Another conversation takes the page: nothing of this one stays open above it. */
    leave() {
      settings?.leave();
      menu.close({ refocus: false });
      for (const each of document.querySelectorAll("dialog")) each.close();
    },

    /** @param {import("../state/events.js").OpenConversation | null} conversation is in the page now; null for a new one */
    opened(conversation) {
      shown = conversation ?? {};
      settings?.opened(shown);
      announcer.opened(current());
      commands.resume();
      lookAbove();
    },

    /**
     * Something was said elsewhere; where it cannot be had now, a reload has it.
     *
     * @param {number} [seen] when what the page knows was said
     */
    catchUp: (seen) => branching.catchUp(seen).catch(() => {}),

    /** @returns {Record<string, unknown>} what a new conversation begins with */
    opening: () => settings?.opening() ?? given(readStored(KEPT_AS) ?? {}),

    /** @param {State} state */
    update(state) {
      announcer.update(state);
      temporary.update(state);
    },

    /**
     * An answer has begun.
     *
     * @param {boolean} isNew whether the conversation has, too
     */
    begun(isNew) {
      if (isNew && settings) settings.begun();
      else if (isNew) handOver();
      branching.learn();
    },

    /** The page is drawn for the first time: goes where its address points, or to the end. */
    arrive() {
      commands.resume();
      const find = () => goToAnchor(log, scroll.to);
      if (!find()) scroll.toEnd();
      addEventListener("hashchange", find);
      const start = need("#transcript-start", HTMLElement);
      lookAbove = watchEndSentinel(start, { root: start.parentElement, rootMargin: "800px 0px 0px 0px" }, branching.earlier);
    },
  };
}
