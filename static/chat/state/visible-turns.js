/**
 * What stands in the thread: the turns of one branch, and how asking, steering and looking back change them. Pure.
 *
 * `send`, `regenerate`, `discard` and `temporary` come from the person; `branch`, `earlier` and `versions` bring what the
 * server knows, `unsent` what it does not.
 */

import { turn } from "./turn.js";

/** @typedef {import("./state.js").State} State */
/**
 * @template {import("./events.js").PageEvent["type"]} T
 * @typedef {import("./events.js").EventOf<T>} EventOf
 */
/** @typedef {import("./turn.js").Turn} Turn */
/** @typedef {import("./rendered.js").Known} Known */

const TITLE_CHARS = 60;
// A thread of more is slow to draw while an answer grows: the oldest turns are let go, down to so many.
const MOST = 120;
const KEPT = 60;
const ONLY = { index: 1, count: 1, previous: null, next: null };

/**
 * @param {string} message
 * @returns {string} its first words: what the server will also call the conversation, so that nothing jumps
 */
function titleFrom(message) {
  const line = message.trim().split(/\s+/).join(" ");
  // Characters, as the server counts them: some are two units of JavaScript's.
  const characters = [...line];
  if (characters.length <= TITLE_CHARS) return line;
  const start = characters.slice(0, TITLE_CHARS).join("");
  const words = start.slice(0, Math.max(0, start.lastIndexOf(" ")));
  return `${words || characters.slice(0, TITLE_CHARS - 1).join("")}…`;
}

/**
 * @param {State} state
 * @param {string} id
 * @returns {Turn | undefined}
 */
export const turnOf = (state, id) => state.turns.find((each) => each.id === id);

/** @typedef {import("./unsent.js").Unsent} Unsent */

/** @type {(turn: Turn | undefined) => boolean} */
const isUnsent = (turn) => turn?.role === "user" && turn.id === null;

/** @param {Turn[]} turns */
const sent = (turns) => turns.filter((each, at) => !isUnsent(each) && !isUnsent(turns[at - 1]));

/**
 * Puts questions that were not sent, each with its answer to be, below what they were asked below, or else below all.
 *
 * @param {Turn[]} turns what was said
 * @param {Turn[]} all of which only those are taken that were not sent, and did not come to the server after all
 * @returns {Turn[]} what is being written stays last
 */
function withUnsent(turns, all) {
  const last = turns.length - (["queued", "streaming"].includes(turns.at(-1)?.status ?? "") ? 2 : 0);
  /** @type {Turn[][]} what stands before the turn with this index */
  const between = Array.from({ length: turns.length + 1 }, () => []);
  for (const [at, { content, parentId }] of all.entries()) {
    const came = turns.some((each) => each.role === "user" && each.content === content && each.parentId === parentId);
    if (!isUnsent(all[at]) || came) continue;
    const above = turns.findIndex((each) => each.id === parentId);
    const place = above < 0 && turns[0]?.parentId !== parentId ? last : above + 1;
    between[Math.min(place, last)]?.push(...all.slice(at, at + 2));
  }
  return between.flatMap((pairs, at) => [...pairs, ...turns.slice(at, at + 1)]);
}

/**
 * @param {Turn[]} turns
 * @param {Known} known what the server tells about one of them, or about one that is new
 * @returns {Turn} under the name it already has in the page
 */
function told(turns, known) {
  const here = turns.find((each) => each.id === known.id);
  const told = turn({ ...here, ...known, key: here?.key ?? known.id });
  // Another model may have been chosen since: the server knows nothing of that.
  const stands = here?.trouble?.retryable && here.trouble.type === told.trouble?.type;
  return stands ? { ...told, trouble: here.trouble } : told;
}

/**
 * @param {State} state
 * @param {Turn[]} turns those of its turns that stay
 * @param {Turn[]} added what is asked and written below them
 * @returns {State} without what is far above, which the server tells again when somebody looks there
 */
function writing(state, turns, added) {
  const far = turns.length > MOST ? turns.slice(0, -KEPT) : [];
  const goes = far.length > 0 && Boolean(turns[far.length]?.id) && !far.some(isUnsent);
  const kept = goes ? turns.slice(far.length) : turns;
  return { ...state, phase: "sending", more: state.more || goes, turns: [...kept, ...added] };
}

/** @type {(state: State, event: import("./events.js").Sent) => State} */
function send(state, event) {
  if (state.phase !== "idle") return state;
  // A question asked again or edited takes the place of the old one and of all that followed, and of nothing before it.
  const at = state.turns.findIndex((each) => each.key === event.replaces);
  const kept = at < 0 ? state.turns : state.turns.slice(0, at);
  const { key, parentId, requestId, model, createdAt } = event;
  const replaced = state.turns[at];
  const siblings = replaced?.id ? null : ONLY;
  const question = turn({ key, role: "user", content: event.message, parentId, requestId, createdAt, siblings });
  const answer = turn({ key: `${key}-answer`, role: "assistant", status: "queued", model, createdAt, siblings: ONLY });
  return { ...writing(state, kept, [question, answer]), title: state.title || titleFrom(event.message) };
}

/** @type {(state: State, event: import("./events.js").Regenerated) => State} */
function regenerate(state, event) {
  const at = state.turns.findIndex((each) => each.id === event.question);
  if (state.phase !== "idle" || at < 0) return state;
  const { key, model, requestId, createdAt, question: parentId } = event;
  const before = state.turns[at + 1];
  const instead = before?.id ?? before?.instead ?? null;
  const answer = turn({ key, role: "assistant", status: "queued", model, requestId, createdAt, parentId, instead });
  return writing(state, state.turns.slice(0, at + 1), [answer]);
}

/** @type {(state: State, event: EventOf<"branch">) => State} */
function branch(state, event) {
  if (state.phase !== "idle") return state;
  /** @type {Turn[]} */
  const turns = event.messages.map((known) => told(state.turns, known));
  const joint = turns[0]?.parentId ?? null;
  // What goes before may be here already; -1 where it is not.
  const here = sent(state.turns);
  const at = joint === null ? -1 : here.findIndex((each) => each.id === joint);
  const before = here.slice(0, at + 1);
  const shown = withUnsent([...before, ...turns], state.turns);
  return { ...state, more: before.length > 0 ? state.more : event.more, turns: shown };
}

/** @type {(state: State, event: EventOf<"unsent">) => State} */
function unsent(state, event) {
  const trouble = { type: "network_error", message: "This was not sent.", retryable: true };
  const pairs = event.questions.flatMap(({ requestId, message, parentId, model, createdAt }) => [
    turn({ key: requestId, role: "user", content: message, parentId, requestId, createdAt, siblings: ONLY }),
    turn({ key: `${requestId}-answer`, role: "assistant", status: "failed", model, createdAt, siblings: ONLY, trouble }),
  ]);
  return { ...state, turns: withUnsent(state.turns, pairs) };
}

/** @type {(state: State, event: EventOf<"discard">) => State} */
function discard(state, event) {
  const at = state.turns.findIndex((each) => each.key === event.key && isUnsent(each));
  return at < 0 || state.phase !== "idle" ? state : { ...state, turns: state.turns.toSpliced(at, 2) };
}

/** @type {(state: State, event: EventOf<"earlier">) => State} */
function earlier(state, event) {
  // Another branch may have been chosen meanwhile.
  if (event.messages.at(-1)?.id !== state.turns[0]?.parentId) return state;
  const turns = event.messages.map((known) => told(state.turns, known));
  return { ...state, more: event.more, turns: [...turns, ...state.turns] };
}

/** @type {(state: State, event: EventOf<"versions">) => State} */
function versions(state, event) {
  /** @type {Map<string, Known>} */
  const known = new Map(event.messages.map((/** @type {Known} */ each) => [each.id, each]));
  const turns = state.turns.map((each) => {
    const { siblings } = known.get(each.id ?? "") ?? {};
    return siblings ? { ...each, siblings } : each;
  });
  return { ...state, turns };
}

/** @type {{ [T in import("./events.js").BranchEvent["type"]]: (state: State, event: EventOf<T>) => State }} */
export const SHAPED = {
  send,
  regenerate,
  branch,
  earlier,
  versions,
  unsent,
  discard,
  temporary: (state, { temporary }) => (state.conversationId ? state : { ...state, temporary }),
};
