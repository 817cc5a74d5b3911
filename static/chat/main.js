/** Puts the page together: the only module that knows all the others. */

import { createAccount } from "./sidebar/account-menu.js";
import { createApi } from "./api/api.js";
import { createAsking } from "./composer/send.js";
import { createBody } from "./markdown/body.js";
import { copyText } from "./page/clipboard.js";
import { createComposer } from "./composer/composer.js";
import { drawn } from "./markdown/katex.js";
import { createConnection } from "./api/connection.js";
import { keepDraft, readDraft } from "./state/draft.js";
import { fetchWhenIdle } from "./page/lazy.js";
import { createDrawer } from "./sidebar/drawer.js";
import { createExchange } from "./page/swap-conversation.js";
import { createFrame } from "./page/render-loop.js";
import { createHeading } from "./thread/title.js";
import { createHelm } from "./thread/conversation-controls.js";
import { readTurns, runningGeneration } from "./state/rendered.js";
import { createKeyboard } from "./page/keyboard.js";
import { createLibrary } from "./sidebar/sidebar.js";
import { createMessage } from "./thread/message.js";
import { createOpening } from "./page/navigation.js";
import { need } from "./page/dom.js";
import { createPicker } from "./composer/model-picker.js";
import { watchPresence } from "./page/presence.js";
import { createScroll } from "./page/scroll.js";
import { initial, lastAnswer, reduce } from "./state/state.js";
import { createStopper } from "./api/stop.js";
import { createThread } from "./thread/thread.js";
import { readUnsent } from "./state/unsent.js";
import { unveil } from "./page/reveal.js";
import { createWelcome } from "./thread/welcome.js";

/** @typedef {import("./state/events.js").PageEvent} PageEvent */

// What only makes the answer longer.
const GROWTH = new Set(["reasoning", "token", "tool_call", "field"]);

const log = need("#transcript", HTMLElement);
const page = need("#page", HTMLElement).dataset;
const api = createApi(need("meta[name=csrf-token]", HTMLMetaElement).content);

let state = initial({
  conversationId: page.conversationId || null,
  title: page.title ?? "",
  temporary: "temporary" in page,
  more: "more" in log.dataset,
  turns: readTurns(log),
});

const thread = createThread(log, {
  template: need("#message-template", HTMLTemplateElement),
  createMessage: (article) => createMessage(article, createBody, need("#tool-call-template", HTMLTemplateElement)),
  onAction: (action, key, button) => actions[action]?.(key, button),
});
const scroll = createScroll(need("#scroller", HTMLElement), need("#to-end", HTMLElement));
const composer = createComposer(need("#composer", HTMLFormElement), {
  onSend: (text) => asking.sendTyped(text),
  onStop: () => stopper.stop(),
  onInput: (text) => keepDraft(state.conversationId ?? "", text),
  onUp: () => helm.deeds.editLast(),
});
const picker = createPicker(need("#model", HTMLSelectElement), document.querySelectorAll("[data-model]"), need("#model-note", HTMLElement), (model) => {
  dispatch({ type: "choose", model });
  // The next question carries the choice anyway; this only remembers it earlier.
  if (state.conversationId) api.change(state.conversationId, { model }).catch(() => {});
});
const heading = createHeading(need("#title", HTMLElement));
const opening = createOpening({
  load: (id, last) => api.conversation(id, { last }),
  current: () => state.conversationId ?? "",
  left: () => ({ spot: scroll.spot(), count: state.turns.length }),
  show: (conversation, spot) => exchange(conversation, spot),
  thread: need("#thread", HTMLElement),
});
const library = createLibrary({
  api,
  current: () => state,
  dispatch,
  onElsewhere: (seen) => helm.catchUp(seen),
  go: opening.go,
  fetchSearch: () => import("./search/search.js"),
});
const connection = createConnection({ api, dispatch, onEnd: () => stopper.ended() });
const asking = createAsking({
  current: () => state,
  dispatch,
  ask: connection.ask,
  model: picker.chosen,
  settings: () => helm.opening(),
  composer,
  onAsked() {
    opening.cancel();
    picker.asked();
    scroll.toEnd();
  },
});
const stopper = createStopper({ request: api.stop, current: () => state, dispatch });
const helm = createHelm({
  api,
  current: () => state,
  dispatch,
  draw: () => frame.now(),
  log,
  thread,
  scroll,
  asking,
  models: picker.all,
  onRunning: (id) => followAgain(id),
  onAsked: () => composer.focus(),
});
const drawer = createDrawer({
  sidebar: need("#sidebar", HTMLElement),
  thread: need("#thread", HTMLElement),
  scrim: need("#scrim", HTMLElement),
  buttons: document.querySelectorAll("[data-toggle-sidebar]"),
});
const keyboard = createKeyboard(need("#shortcuts", HTMLDialogElement), {
  search: library.search,
  new: () => opening.go("/"),
  sidebar: drawer.toggle,
  copy: async () => (await copyText(lastAnswer(state))) && library.say("Copied the last answer"),
  undo: library.undo,
  write: composer.focus,
});
const welcome = createWelcome(need("#welcome", HTMLElement), composer.after(asking.send));
createAccount({ archived: () => library.showArchived(true), sheet: keyboard.showSheet });

const frame = createFrame((elapsed) => {
  const waiting = thread.update(state, elapsed);
  for (const view of [welcome, composer, heading, library, helm]) view.update(state);
  scroll.update();
  return waiting;
});

const exchange = createExchange({
  parts: { connection, stopper, helm, library, picker, composer, scroll, drawer },
  dispatch,
  draw: frame.now,
  onRunning: followAgain,
});

/** @param {PageEvent} event */
function dispatch(event) {
  const before = state;
  state = reduce(state, event);
  if (event.type === "start") begun(before.conversationId);
  if (event.type === "error") {
    asking.refused(event.error_type);
    // What it was asked below is gone: retried, it follows what there is now.
    if (event.error_type === "not_found") helm.catchUp();
  }
  if (state !== before) (GROWTH.has(event.type) ? frame.later : frame.soon)();
}

/** @param {string | null} conversationBefore */
function begun(conversationBefore) {
  keepDraft(conversationBefore ?? "", "");
  keepDraft(state.conversationId ?? "", composer.text());
  opening.name(state.conversationId ?? "");
  asking.begun(!conversationBefore);
  helm.begun(!conversationBefore);
  stopper.begun();
}

/** @type {Record<string, (key: string, button: HTMLElement) => unknown>} what the buttons of a message do */
const actions = {
  ...helm.deeds,
  retry: composer.after(asking.retry),
  continue: composer.after(asking.goOn),
  choose: () => picker.focus(),
  reconnect: composer.after(() => connection.reconnect()),
};

/** @param {string} generationId */
function followAgain(generationId) {
  dispatch({ type: "follow", generation_id: generationId });
  connection.follow(state.conversationId ?? "", generationId);
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
dispatch({ type: "unsent", questions: readUnsent(state.conversationId ?? "") });
composer.fill(readDraft(state.conversationId ?? ""));
frame.now();
helm.arrive();
const running = runningGeneration(log);
if (running) followAgain(running);
unveil(need("#thread", HTMLElement), drawn).then(composer.invite);
fetchWhenIdle([library.further, helm.further]);
