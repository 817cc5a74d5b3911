/** Asks questions: new ones, refused ones that were changed, failed ones anew. */

import { keepDraft } from "./draft.js";
import { freshId } from "./identity.js";
import { CONTINUE } from "./remedy.js";
import { leaf } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").PageEvent} PageEvent */
/** @typedef {import("./whole.js").Question} Question */

/**
 * @param {object} parts
 * @param {() => State} parts.current
 * @param {(event: PageEvent) => void} parts.dispatch
 * @param {(question: Question) => void} parts.ask
 * @param {() => string} parts.model the chosen one; empty when there is none
 * @param {{ text: () => string, fill: (text: string) => void }} parts.composer
 * @param {() => void} parts.onAsked
 */
export function createAsking({ current, dispatch, ask, model: chosen, composer, onAsked }) {
  /** @type {{ key: string, requestId: string } | undefined} a refused question whose text is in the composer again */
  let restored;

  /**
   * @param {string} message
   * @param {string | null | undefined} [parentId] undefined: after what was said last, in this tab or another
   * @param {{ key: string, requestId: string }} [before] the question that this one takes the place of
   * @returns {boolean} whether it was taken
   */
  function send(message, parentId, before) {
    const state = current();
    if (state.phase !== "idle") return false;
    const [fresh, parent] = [freshId(), parentId === undefined ? leaf(state) : parentId];
    const requestId = before?.requestId || fresh;
    const model = chosen();
    restored = undefined;
    dispatch({ type: "send", key: fresh, message, parentId: parent, requestId, model, replaces: before?.key });
    keepDraft(state.conversationId ?? "", message);
    onAsked();
    const place = state.conversationId ? { conversation_id: state.conversationId, parent_id: parentId } : {};
    ask({ message, model: model || undefined, request_id: requestId, ...place });
    return true;
  }

  return {
    send,

    /** @param {string} text from the composer */
    sendTyped: (text) => send(text, undefined, restored),

    /** @param {string} key of the answer that failed */
    retry(key) {
      const { turns } = current();
      const at = turns.findIndex((turn) => turn.key === key);
      const [question, answer] = turns.slice(Math.max(0, at - 1), at + 1);
      if (!question || question === answer) return;
      // A question the server never confirmed keeps its id, so that it cannot be asked twice.
      const confirmed = question.id || answer?.id;
      send(question.content, question.parentId, { key: question.key, requestId: confirmed ? "" : question.requestId });
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
      restored = { key: question.key, requestId: "" };
      composer.fill(question.content);
    },
  };
}
