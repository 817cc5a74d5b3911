/** Puts the page together: the only module that knows all the others. */

import { createApi } from "./api.js";
import { createAsking } from "./asking.js";
import { createComposer } from "./composer.js";
import { createConfirmation } from "./confirmation.js";
import { createConnection } from "./connection.js";
import { keepDraft, readDraft } from "./draft.js";
import { createDrawer } from "./drawer.js";
import { createFrame } from "./frame.js";
import { createHeading } from "./heading.js";
import { readTurns, runningGeneration } from "./history.js";
import { createMessage } from "./message.js";
import { createOlder } from "./older.js";
import { need } from "./page.js";
import { createPicker } from "./picker.js";
import { watchPresence } from "./presence.js";
import { createRemoval } from "./removal.js";
import { createScroll } from "./scroll.js";
import { createSidebar } from "./sidebar.js";
import { initial, reduce } from "./state.js";
import { createStopper } from "./stopper.js";
import { createText } from "./text.js";
import { createThread } from "./thread.js";

/** @typedef {import("./state.js").PageEvent} PageEvent */

const log = need("#transcript", HTMLElement);
const page = need("#page", HTMLElement).dataset;
const welcome = document.querySelector("#welcome");
const api = createApi(need("meta[name=csrf-token]", HTMLMetaElement).content);

let state = initial({
  conversationId: page.conversationId || null,
  title: page.title ?? "",
  turns: readTurns(log),
});

const thread = createThread(log, {
  template: need("#message-template", HTMLTemplateElement),
  createMessage: (article) => createMessage(article, createText, need("#tool-call-template", HTMLTemplateElement)),
  onRemedy: (remedy, key) => remedies[remedy]?.(key),
});
const scroll = createScroll(need("#scroller", HTMLElement), need("#to-end", HTMLElement));
const composer = createComposer(need("#composer", HTMLFormElement), {
  onSend: (text) => asking.sendTyped(text),
  onStop: () => stopper.stop(),
  onInput: (text) => keepDraft(state.conversationId ?? "", text),
});
const picker = createPicker(need("#model", HTMLSelectElement), document.querySelectorAll("[data-model]"), (model) => {
  dispatch({ type: "choose", model });
  // The next question carries the choice anyway; this only remembers it earlier.
  if (state.conversationId) api.chooseModel(state.conversationId, model).catch(() => {});
});
const heading = createHeading(need("#title", HTMLElement));
const confirmation = createConfirmation(need("#confirm-delete", HTMLDialogElement));
const list = need("#conversations", HTMLElement);
const sidebar = createSidebar(list, {
  template: need("#entry-template", HTMLTemplateElement),
  sentinel: need("#conversations-end", HTMLElement),
  onDelete: createRemoval({
    ask: confirmation.ask,
    request: api.deleteConversation,
    onFailed: (id) => sidebar.complain(id),
    onRemoved: (id) => (id === state.conversationId ? location.assign("/") : sidebar.remove(id)),
  }),
  onEnd: () => older.more(),
});
const older = createOlder({
  request: api.conversations,
  cursor: list.dataset.cursor || null,
  onPage: (page, more) => sidebar.add(page, more),
});
const connection = createConnection({ api, dispatch, onEnd: () => stopper.ended() });
const asking = createAsking({
  current: () => state,
  dispatch,
  ask: connection.ask,
  model: picker.chosen,
  composer,
  onAsked: () => scroll.toEnd(),
});
const stopper = createStopper({ request: api.stop, current: () => state, dispatch });
createDrawer({
  sidebar: need("#sidebar", HTMLElement),
  thread: need("#thread", HTMLElement),
  scrim: need("#scrim", HTMLElement),
  buttons: document.querySelectorAll("[data-toggle-sidebar]"),
});

const frame = createFrame(() => {
  welcome?.toggleAttribute("hidden", state.turns.length > 0);
  const waiting = thread.update(state);
  for (const view of [composer, heading, sidebar]) view.update(state);
  scroll.update();
  return waiting;
});

/** @param {PageEvent} event */
function dispatch(event) {
  const before = state;
  state = reduce(state, event);
  if (event.type === "start") begun(before.conversationId);
  if (event.type === "error") asking.refused(event.error_type);
  if (state !== before) frame.soon();
}

/** @param {string | null} conversationBefore */
function begun(conversationBefore) {
  keepDraft(conversationBefore ?? "", "");
  keepDraft(state.conversationId ?? "", composer.text());
  if (!conversationBefore && state.conversationId) history.replaceState(null, "", `/c/${state.conversationId}`);
  stopper.begun();
}

/** @type {Record<string, (key: string) => void>} what can be done about an answer that did not come to its end */
const remedies = {
  retry: asking.retry,
  continue: asking.goOn,
  choose: () => picker.focus(),
  reconnect: () => connection.reconnect(),
};

/** @param {string} generationId */
function followAgain(generationId) {
  dispatch({ type: "follow", generation_id: generationId });
  connection.follow(state.conversationId ?? "", generationId);
}

for (const starter of document.querySelectorAll("[data-starter]")) {
  starter.addEventListener("click", () => asking.send(starter.textContent?.trim() ?? "", null));
}

watchPresence({
  // A page in the back/forward cache holds no connection; on its return it follows where it was.
  onLeave: () => connection.close(),
  onReturn() {
    const { phase, generationId } = state;
    if (generationId) followAgain(generationId);
    else if (phase !== "idle") dispatch({ type: "error", error_type: "network_error", message: "The connection was lost." });
  },
  onWake: () => connection.wake(),
});

dispatch({ type: "choose", model: picker.chosen() });
composer.fill(readDraft(state.conversationId ?? ""));
frame.now();
scroll.toEnd();
const running = runningGeneration(log);
if (running) followAgain(running);
if (matchMedia("(pointer: fine)").matches) composer.focus();
