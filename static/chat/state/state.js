/**
 * What the page knows about its conversation, and how each event changes it. Pure: no DOM, no clock, no network.
 *
 * Events are those of the stream, as the server sends them (deltas may carry `at`, in seconds since the question), and
 * the page's own: `open`, `follow`, `choose`, `stop`, `stop_failed`, `waited`, `reconnecting`, and those of visible-turns.js.
 */

import { SHAPED } from "./visible-turns.js";
import { thought, waited, wholeSeconds } from "./thinking.js";

/** @typedef {import("./events.js").PageEvent} PageEvent */
/** @typedef {import("./turn.js").Turn} Turn */
/** @typedef {import("./turn.js").Status} Status */
/** @typedef {import("./turn.js").Usage} Usage */
/** @typedef {import("./turn.js").ToolCall} ToolCall */
const RECONNECTING = "Connection lost. Reconnecting…";

/** @typedef {"idle" | "sending" | "streaming" | "stopping"} Phase */

/**
 * @typedef {object} State
 * @property {string | null} conversationId
 * @property {string} title
 * @property {Phase} phase
 * @property {string | null} generationId of the answer that is being written
 * @property {boolean} temporary whether it is kept out of the history
 * @property {boolean} more whether the server has turns that go before these
 * @property {Turn[]} turns of one branch, in order; while the phase is not idle, the last one is being written
 */

/**
 * @param {Partial<State>} known
 * @returns {State}
 */
export function initial(known = {}) {
  const empty = { conversationId: null, title: "", temporary: false, more: false, turns: [] };
  return { ...empty, phase: "idle", generationId: null, ...known };
}

/**
 * @param {Turn[]} turns
 * @returns {string | null} the answer that a question below them follows; null: none, it begins anew
 */
export function leaf(turns) {
  const last = turns.findLast(({ role, id, instead }) => role === "assistant" && (id ?? instead) !== null);
  return last?.id ?? last?.instead ?? null;
}

/**
 * @param {State} state
 * @returns {string} what was answered last; empty where nothing was
 */
export const lastAnswer = ({ turns }) => turns.findLast(({ role }) => role === "assistant")?.content ?? "";

/**
 * @param {State} state
 * @param {Partial<Turn>} change
 * @returns {State}
 */
function written(state, change) {
  const last = state.turns.at(-1);
  if (!last || last.role !== "assistant") return state;
  return { ...state, turns: [...state.turns.slice(0, -1), { ...last, ...change }] };
}

/**
 * @param {ToolCall[]} calls
 * @param {import("./events.js").ToolCallDelta} part
 * @returns {ToolCall[]}
 */
function joined(calls, part) {
  const before = calls.find((call) => call.index === part.index) ?? { index: part.index, id: "", name: "", arguments: "" };
  const after = {
    index: part.index,
    id: before.id || part.id || "",
    name: before.name + (part.name ?? ""),
    arguments: before.arguments + (part.arguments ?? ""),
  };
  return [...calls.filter((call) => call.index !== part.index), after].sort((a, b) => a.index - b.index);
}

/**
 * @param {State} state
 * @param {import("./events.js").Failed} event
 * @param {Turn} live
 * @returns {State}
 */
function failed(state, event, live) {
  // As the server has it: what has said something was interrupted, what never did has failed.
  const partial = live.content || live.reasoning || live.toolCalls.length > 0 || event.error_type === "interrupted";
  const { error_type: type, message, retryable = true, retry_at = null } = event;
  const trouble = { type, message, retryable, retry_at };
  const status = /** @type {Status} */ (partial ? "interrupted" : "failed");
  return { ...written(state, { status, trouble, notice: "" }), phase: "idle", generationId: null };
}

/** @typedef {(state: State, event: PageEvent, live: Turn) => State} Change */

/** @type {{ [T in PageEvent["type"]]?: (state: State, event: import("./events.js").EventOf<T>, live: Turn) => State }} */
const WHILE_LIVE = {
  // What is said of no attempt stays true.
  status: (state, event, live) => {
    if (event.attempt !== 0) return written(state, { notice: event.message });
    return live.notes.includes(event.message) ? state : written(state, { notes: [...live.notes, event.message] });
  },
  reasoning: (state, event, live) =>
    written(state, {
      reasoning: live.reasoning + event.content,
      thinkingSince: live.reasoning ? live.thinkingSince : (event.at ?? null),
      notice: "",
    }),
  token: (state, event, live) =>
    written(state, { content: live.content + event.content, notice: "", ...thought(live, event.at) }),
  tool_call: (state, event, live) =>
    written(state, { toolCalls: joined(live.toolCalls, event), notice: "", ...thought(live, event.at) }),
  reclassified: (state, _event, live) =>
    written(state, { reasoning: live.reasoning + live.content, content: "", fields: {} }),
  field: (state, event, live) => written(state, { fields: { ...live.fields, [event.name]: event.value } }),
  usage: (state, event) => written(state, { usage: event }),
  stop: (state) => ({ ...written(state, { notice: "" }), phase: "stopping" }),
  stop_failed: (state, event) => ({ ...written(state, { notice: event.message }), phase: "streaming" }),
  waited: (state, event, live) => {
    const change = waited(live, event.seconds);
    return Object.keys(change).length > 0 ? written(state, change) : state;
  },
  reconnecting: (state) => written(state, { notice: RECONNECTING }),

  // Comes again at the head of every stream that follows, so it must change nothing but what it says.
  start: (state, event) => {
    const [question, answer] = state.turns.slice(-2);
    if (!question || !answer) return state;
    const asked = question.requestId ? { ...question, id: event.user_message_id || question.id } : question;
    const begun = { ...answer, id: event.message_id, parentId: asked.id, model: event.model, status: /** @type {Status} */ ("streaming") };
    return {
      ...state,
      conversationId: event.conversation_id,
      generationId: event.generation_id,
      phase: state.phase === "sending" ? "streaming" : state.phase,
      turns: [...state.turns.slice(0, -2), asked, { ...begun, notice: "" }],
    };
  },
  done: (state, event, live) => {
    const stopped = event.finish_reason === "stopped" || event.finish_reason === "disconnected";
    const { elapsed_seconds = null, tokens_per_second = null } = event;
    const detail = { finishReason: event.finish_reason, finishDetail: event.finish_detail ?? "" };
    const thoughtSeconds = wholeSeconds(event.thinking_seconds) ?? live.thoughtSeconds;
    const end = { ...detail, notice: "", thoughtSeconds, timing: { elapsed_seconds, tokens_per_second } };
    return { ...written(state, { ...end, status: stopped ? "stopped" : "complete" }), phase: "idle", generationId: null };
  },
  error: failed,
};

/**
 * @param {State} state
 * @param {PageEvent} event
 * @returns {State} the same object when nothing changed
 */
export function reduce(state, event) {
  if (event.type === "title") return { ...state, title: event.title };
  if (event.type === "open") return initial(event.known);
  const shape = /** @type {((state: State, event: PageEvent) => State) | undefined} */ (
    SHAPED[/** @type {keyof typeof SHAPED} */ (event.type)]
  );
  if (shape) return shape(state, event);
  if (event.type === "follow") {
    // From the start on: the stream tells everything again.
    const anew = { thinkingSince: null, thoughtSeconds: null, trouble: null, usage: null, notes: [] };
    const emptied = written(state, { content: "", reasoning: "", toolCalls: [], status: "streaming", ...anew });
    const phase = state.phase === "idle" ? "streaming" : state.phase;
    return { ...emptied, phase, generationId: event.generation_id };
  }
  const live = state.turns.at(-1);
  if (event.type === "choose" && live?.trouble && event.model !== live.model) {
    // What one model will never do, another may.
    return written(state, { trouble: { ...live.trouble, retryable: true } });
  }
  // Each takes the events that it is named by.
  const change = /** @type {Change | undefined} */ (WHILE_LIVE[event.type]);
  return state.phase === "idle" || !live || !change ? state : change(state, event, live);
}
