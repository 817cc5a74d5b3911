/** Asks questions: new ones, refused ones that were changed, edited ones; and asks for other answers to them. */

import { isBranched } from "./branch.js";
import { keepDraft } from "./draft.js";
import { freshId } from "./identity.js";
import { CONTINUE } from "./remedy.js";
import { leaf } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").PageEvent} PageEvent */
/** @typedef {import("./whole.js").Question} Question */
/** @typedef {{ key: string, requestId: string, parentId?: string | null }} Replaced */

/**
 * @param {State} state
 * @returns {string | undefined} what the next question has to follow; undefined: what was said last, in this tab or another
 */
function follows(state) {
  const last = isBranched(state) ? state.turns.findLast(({ id }) => id !== null) : undefined;
  return last?.role === "assistant" ? (last.id ?? undefined) : undefined;
}

/**
 * @param {object} parts
 * @param {() => State} parts.current
 * @param {(event: PageEvent) => void} parts.dispatch
 * @param {(question: Question) => void} parts.ask
 * @param {() => string} parts.model the chosen one; empty when there is none
 * @param {() => Question} parts.settings what a new conversation begins with
 * @param {{ text: () => string, fill: (text: string) => void }} parts.composer
 * @param {() => void} parts.onAsked
 */
export function createAsking({ current, dispatch, ask, model: chosen, settings, composer, onAsked }) {
  /** @type {Replaced | undefined} a refused question whose text is in the composer again */
  let restored;

  /**
   * @param {string} message
   * @param {string | null | undefined} [parentId] undefined: after what is shown, and what another tab added to it
   * @param {Replaced} [before] the question that this one takes the place of
   * @returns {boolean} whether it was taken
   */
  function send(message, parentId, before) {
    const state = current();
    if (state.phase !== "idle") return false;
    const [key, parent] = [freshId(), parentId === undefined ? leaf(state) : parentId];
    const requestId = before?.requestId || key;
    const model = chosen();
    const createdAt = new Date().toISOString();
    restored = undefined;
    dispatch({ type: "send", key, message, parentId: parent, requestId, model, replaces: before?.key, createdAt });
    keepDraft(state.conversationId ?? "", message);
    onAsked();
    const place = state.conversationId
      ? { conversation_id: state.conversationId, parent_id: parentId === undefined ? follows(state) : parentId }
      : { ...settings(), ...(state.temporary ? { temporary: true } : {}) };
    ask({ message, model: model || undefined, request_id: requestId, ...place });
    return true;
  }

  /**
   * @param {string} question the id of one that the server knows
   * @param {string} [model] the chosen one, unless named
   * @param {string} [requestId] of a request that may have reached the server
   */
  function regenerate(question, model = chosen(), requestId = "") {
    const { phase, conversationId } = current();
    if (phase !== "idle") return;
    const key = freshId();
    const request_id = requestId || key;
    dispatch({ type: "regenerate", key, question, model, requestId: request_id, createdAt: new Date().toISOString() });
    onAsked();
    ask({ regenerate: question, conversation_id: conversationId, model: model || undefined, request_id });
  }

  return {
    send,
    regenerate,

    /** @param {string} text from the composer */
    sendTyped(text) {
      // Another conversation may have been opened since.
      const before = current().turns.some(({ key }) => key === restored?.key) ? restored : undefined;
      return send(text, before?.parentId, before);
    },

    /**
     * @param {string} key of the question that is asked in other words, beside it
     * @param {string} text
     * @returns {boolean} whether it was taken
     */
    edit(key, text) {
      const question = current().turns.find((turn) => turn.key === key);
      return question ? send(text, question.parentId, { key, requestId: "" }) : false;
    },

    /** @param {string} key of the answer that failed */
    retry(key) {
      const { turns } = current();
      const at = turns.findIndex((turn) => turn.key === key);
      const [question, answer] = turns.slice(Math.max(0, at - 1), at + 1);
      if (!question || !answer) return;
      // What the server never confirmed keeps its id, so that it cannot be asked twice.
      if (question.id) return regenerate(question.id, undefined, answer.id ? "" : answer.requestId);
      send(question.content, question.parentId, { key: question.key, requestId: answer.id ? "" : question.requestId });
    },

    /** @param {string} key of the answer that was cut */
    goOn(key) {
      const state = current();
      send(CONTINUE, state.turns.find((turn) => turn.key === key)?.id ?? leaf(state));
    },

    /**
     * Gives a question that cannot be taken as it is back to the person, to be changed.
     *
     * @param {string} problem
     */
    refused(problem) {
      const question = current().turns.at(-2);
      if (!question || question.id || composer.text() || !["invalid_request", "too_large"].includes(problem)) return;
      restored = { key: question.key, requestId: "", parentId: question.parentId };
      composer.fill(question.content);
    },
  };
}
