/** Puts the page together: the only module that knows all the others. */

import { ApiError, createApi } from "./api.js";
import { createComposer } from "./composer.js";
import { createConfirmation } from "./confirmation.js";
import { createConnection } from "./connection.js";
import { keepDraft, readDraft } from "./draft.js";
import { createDrawer } from "./drawer.js";
import { createHeading } from "./heading.js";
import { readTurns, runningGeneration } from "./history.js";
import { createMessage } from "./message.js";
import { createOlder } from "./older.js";
import { need } from "./page.js";
import { createPicker } from "./picker.js";
import { createScroll } from "./scroll.js";
import { createSidebar } from "./sidebar.js";
import { initial, leaf, reduce } from "./state.js";
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
  createMessage: (article) => createMessage(article, createText),
  onRetry: retry,
});
const scroll = createScroll(need("#scroller", HTMLElement), need("#to-end", HTMLElement));
const composer = createComposer(need("#composer", HTMLFormElement), {
  onSend: (text) => send(text, leaf(state), restored ?? undefined),
  onStop: () => stopper.stop(),
  onInput: (text) => keepDraft(state.conversationId ?? "", text),
});
const picker = createPicker(need("#model", HTMLSelectElement), document.querySelectorAll("[data-model]"), (model) => {
  // The next question carries the choice anyway; this only remembers it earlier.
  if (state.conversationId) api.chooseModel(state.conversationId, model).catch(() => {});
});
const heading = createHeading(need("#title", HTMLElement));
const confirmation = createConfirmation(need("#confirm-delete", HTMLDialogElement));
const list = need("#conversations", HTMLElement);
const sidebar = createSidebar(list, {
  template: need("#entry-template", HTMLTemplateElement),
  sentinel: need("#conversations-end", HTMLElement),
  onDelete: remove,
  onEnd: () => older.more(),
});
const older = createOlder({
  request: api.conversations,
  expected: list.dataset.more !== undefined,
  onPage: (page, more) => sidebar.add(page, more),
});
const connection = createConnection({ api, dispatch, onEnd: () => stopper.ended() });
const stopper = createStopper({ request: api.stop, current: () => state, dispatch });
createDrawer({
  sidebar: need("#sidebar", HTMLElement),
  thread: need("#thread", HTMLElement),
  scrim: need("#scrim", HTMLElement),
  buttons: document.querySelectorAll("[data-toggle-sidebar]"),
});

let scheduled = false;

function render() {
  scheduled = false;
  welcome?.toggleAttribute("hidden", state.turns.length > 0);
  const waiting = thread.update(state);
  composer.update(state);
  heading.update(state);
  sidebar.update(state);
  scroll.update();
  if (waiting) schedule();
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  // A hidden tab gets no frames, yet its title and its text should be there when it is looked at.
  if (document.hidden) setTimeout(render, 200);
  else requestAnimationFrame(render);
}

/** @type {{ key: string, requestId: string } | null} a refused question whose text is in the composer again */
let restored = null;

/** @param {PageEvent} event */
function dispatch(event) {
  const before = state;
  state = reduce(state, event);
  if (event.type === "start") begun(before.conversationId);
  if (event.type === "error") restore(event.error_type);
  if (state !== before) schedule();
}

/**
 * Gives a question that cannot be taken as it is back to the person, to be changed.
 *
 * @param {string} problem
 */
function restore(problem) {
  const question = state.turns.at(-2);
  if (!question || question.id || composer.text() || !["invalid_request", "too_large"].includes(problem)) return;
  restored = { key: question.key, requestId: "" };
  composer.fill(question.content);
}

/** @param {string | null} conversationBefore */
function begun(conversationBefore) {
  keepDraft(conversationBefore ?? "", "");
  keepDraft(state.conversationId ?? "", composer.text());
  if (!conversationBefore && state.conversationId) history.replaceState(null, "", `/c/${state.conversationId}`);
  stopper.begun();
}

/**
 * @param {string} message
 * @param {string | null} parentId
 * @param {{ key: string, requestId: string }} [before] the question that this one takes the place of
 * @returns {boolean}
 */
function send(message, parentId, before) {
  if (state.phase !== "idle") return false;
  // Of an insecure origin's random sources only this one is there.
  const fresh = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const requestId = before?.requestId || fresh;
  const model = picker.chosen();
  restored = null;
  dispatch({ type: "send", key: fresh, message, parentId, requestId, model, replaces: before?.key });
  keepDraft(state.conversationId ?? "", message);
  scroll.toEnd();
  const place = state.conversationId ? { conversation_id: state.conversationId, parent_id: parentId } : {};
  const question = { message, model: model || undefined, request_id: requestId, ...place };
  connection.ask(question);
  return true;
}

/** @param {string} key of the answer that failed */
function retry(key) {
  const question = state.turns[state.turns.findIndex((turn) => turn.key === key) - 1];
  if (!question) return;
  // A question the server never confirmed keeps its id, so that it cannot be asked twice.
  send(question.content, question.parentId, { key: question.key, requestId: question.id ? "" : question.requestId });
}

/** @param {string} generationId */
function followAgain(generationId) {
  dispatch({ type: "follow", generation_id: generationId });
  connection.follow(generationId);
}

/**
 * @param {string} id
 * @param {string} title
 */
async function remove(id, title) {
  if (!(await confirmation.ask(title))) return;
  try {
    await api.deleteConversation(id);
  } catch (error) {
    // Gone already is what was wanted.
    if (!(error instanceof ApiError && error.status === 404)) return sidebar.complain(id);
  }
  sidebar.remove(id);
  if (id === state.conversationId) location.assign("/");
}

for (const starter of document.querySelectorAll("[data-starter]")) {
  starter.addEventListener("click", () => send(starter.textContent?.trim() ?? "", null));
}

// A page in the back/forward cache holds no connection; on its return it follows where it was.
addEventListener("pagehide", () => connection.close());
addEventListener("pageshow", ({ persisted }) => {
  const { phase, generationId } = state;
  if (!persisted || phase === "idle") return;
  if (!generationId) return dispatch({ type: "error", error_type: "network_error", message: "The connection was lost." });
  followAgain(generationId);
});

composer.fill(readDraft(state.conversationId ?? ""));
render();
scroll.toEnd();
const running = runningGeneration(log);
if (running) followAgain(running);
if (matchMedia("(pointer: fine)").matches) composer.focus();
