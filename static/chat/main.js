/** Puts the page together: the only module that knows all the others. */

import { createAccountMenu } from "./sidebar/account-menu.js";
import { createApi } from "./api/api.js";
import { createQueue } from "./composer/queue.js";
import { createRemedies } from "./composer/remedies.js";
import { createSender } from "./composer/send.js";
import { createBody, drawn } from "./markdown/body.js";
import { copyText } from "./page/clipboard.js";
import { createComposer } from "./composer/composer.js";
import { createConnection } from "./api/connection.js";
import { keepDraft, readDraft } from "./state/draft.js";
import { fetchWhenIdle } from "./page/lazy.js";
import { createDrawer } from "./sidebar/drawer.js";
import { createConversationSwap } from "./page/swap-conversation.js";
import { createRenderLoop } from "./page/render-loop.js";
import { createTitle } from "./thread/title.js";
import { createConversationControls } from "./thread/conversation-controls.js";
import { readTurns, runningGeneration } from "./state/rendered.js";
import { createKeyboard } from "./page/keyboard.js";
import { createSidebar } from "./sidebar/sidebar.js";
import { createMessage } from "./thread/message.js";
import { createNavigation } from "./page/navigation.js";
import { need } from "./page/dom.js";
import { createModelPicker } from "./composer/model-picker.js";
import { watchPresence } from "./page/presence.js";
import { createScroll } from "./page/scroll.js";
import { initial, lastAnswer, reduce } from "./state/state.js";
import { createStopper } from "./api/stop.js";
import { createThread } from "./thread/thread.js";
import { readUnsent } from "./state/unsent.js";
import { reveal } from "./page/reveal.js";
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
  onSend: (text) => sender.sendTyped(text),
  onStop: () => stopper.stop(),
  onInput: (text) => keepDraft(state.conversationId ?? "", text),
  onUp: () => controls.commands.editLast(),
});
const picker = createModelPicker(need("#model", HTMLButtonElement), {
  isNew: () => !state.conversationId,
  onFavourite: api.favourite,
  onChoose: (model) => controls.chosen(model, composer.invite),
});
const title = createTitle(need("#title", HTMLElement), () => sidebar.unread());
const navigation = createNavigation({
  ...{ load: (id, last) => api.conversation(id, { last }), current: () => state.conversationId ?? "" },
  left: () => ({ spot: scroll.spot(), count: state.turns.length }),
  show: (conversation, spot) => swap(conversation, spot),
  thread: need("#thread", HTMLElement),
});
const sidebar = createSidebar({
  api,
  current: () => state,
  dispatch,
  onElsewhere: (seen) => controls.catchUp(seen),
  onChange: () => render.soon(),
  go: navigation.go,
  fetchSearch: () => import("./search/search.js"),
});
const connection = createConnection({ api, dispatch, onEnd: () => stopper.ended() });
const sender = createSender({
  current: () => state,
  dispatch,
  ask: connection.ask,
  model: picker.chosen,
  ready: picker.ready,
  settings: () => controls.opening(),
  composer,
  later: (message) => queue.add(message),
  onAsked() {
    navigation.cancel();
    picker.asked();
    scroll.toEnd();
  },
});
const queue = createQueue(need("#queue", HTMLElement), { current: () => state, ask: (message) => sender.send(message), composer });
const stopper = createStopper({ request: api.stop, current: () => state, dispatch });
const controls = createConversationControls({
  api,
  current: () => state,
  dispatch,
  draw: () => render.now(),
  log,
  thread,
  scroll,
  sender,
  offer: sidebar.offer,
  models: picker.all,
  onRunning: (id) => followAgain(id),
  onAsked: composer.invite,
});
const drawer = createDrawer({
  ...{ sidebar: need("#sidebar", HTMLElement), thread: need("#thread", HTMLElement), scrim: need("#scrim", HTMLElement) },
  buttons: document.querySelectorAll("[data-toggle-sidebar]"),
});
const keyboard = createKeyboard(need("#shortcuts", HTMLDialogElement), {
  search: sidebar.search,
  new: () => navigation.go("/"),
  sidebar: drawer.toggle,
  copy: async () => (await copyText(lastAnswer(state))) && sidebar.say("Copied the last answer"),
  undo: sidebar.undo,
  write: composer.focus,
});
const welcome = createWelcome(need("#welcome", HTMLElement), composer.after(sender.send));
createAccountMenu({ archived: () => sidebar.showArchived(true), sheet: keyboard.showSheet });

const render = createRenderLoop((elapsed) => {
  const waiting = thread.update(state, elapsed);
  for (const view of [welcome, composer, queue, title, sidebar, controls]) view.update(state);
  scroll.update();
  return waiting;
});

const parts = { connection, stopper, controls, sidebar, picker, composer, queue, scroll, drawer };
const swap = createConversationSwap({ parts, dispatch, draw: render.now, onRunning: followAgain });

/** @param {PageEvent} event */
function dispatch(event) {
  const before = state;
  state = reduce(state, event);
  if (event.type === "start") begun(before.conversationId);
  if (event.type === "done") queue.ended();
  if (event.type === "error") {
    sender.refused(event.error_type);
    // What it was asked below is gone: retried, it follows what there is now.
    if (event.error_type === "not_found") controls.catchUp();
  }
  if (state !== before) (GROWTH.has(event.type) ? render.later : render.soon)();
}

/** @param {string | null} conversationBefore */
function begun(conversationBefore) {
  keepDraft(conversationBefore ?? "", "");
  keepDraft(state.conversationId ?? "", composer.text());
  navigation.name(state.conversationId ?? "");
  if (!conversationBefore) queue.begun(state.conversationId ?? "");
  sender.begun(!conversationBefore);
  controls.begun(!conversationBefore);
  stopper.begun();
}

const remedies = createRemedies({ sender, composer, choose: () => picker.open() });
/** @type {Record<string, (key: string, button: HTMLElement) => unknown>} what the buttons of a message do */
const actions = { ...controls.commands, ...remedies };

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
  onOnline: () => connection.online(),
});

dispatch({ type: "choose", model: picker.chosen() });
dispatch({ type: "unsent", questions: readUnsent(state.conversationId ?? "") });
composer.fill(readDraft(state.conversationId ?? ""));
queue.opened(state.conversationId ?? "");
render.now();
controls.arrive();
const running = runningGeneration(log);
if (running) followAgain(running);
reveal(need("#thread", HTMLElement), drawn).then(composer.invite);
fetchWhenIdle([sidebar.further, controls.further]);
