/** Asks questions: new ones, refused ones that were changed, edited ones; and asks for other answers to them. */

import { keepDraft } from "../state/draft.js";
import { CONTINUE } from "../thread/recovery.js";
import { leaf } from "../state/state.js";
import { forgetUnsent, keepUnsent, moveUnsent } from "../state/unsent.js";

/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/events.js").PageEvent} PageEvent */
/** @typedef {import("../api/fallback.js").Question} Question */
/** @typedef {{ key: string, requestId: string }} Replaced a turn, and the id that its question is asked again by, if any */

/** @returns {string} 32 hexadecimal digits that nothing else is named by */
function freshId() {
  // Of an insecure origin's random sources only this one is there.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {object} parts
 * @param {() => State} parts.current
 * @param {(event: PageEvent) => void} parts.dispatch
 * @param {(question: Question) => void} parts.ask
 * @param {() => string} parts.model the chosen one; empty when there is none
 * @param {() => boolean} parts.ready whether there is somebody to ask
 * @param {() => Question} parts.settings what a new conversation begins with
 * @param {{ text: () => string, fill: (text: string) => void }} parts.composer
 * @param {(message: string) => boolean} parts.later has a question asked when the answer has ended; returns whether it does
 * @param {() => void} parts.onAsked
 */
export function createSender({
  current,
  dispatch,
  ask,
  model: chosen,
  ready,
  settings,
  composer,
  later,
  onAsked,
}) {
  /** @type {Replaced | undefined} a refused question whose text is in the composer again */
  let restored;

  const place = () => current().conversationId ?? "";

  /**
   * Asks below what the page shows, whatever was said elsewhere.
   *
   * @param {string} message
   * @param {Replaced} [before] the turn that this question takes the place of
   * @returns {boolean} whether it was taken
   */
  function send(message, before) {
    const { phase, turns, conversationId, temporary } = current();
    if (phase !== "idle" || !ready()) return false;
    const at = turns.findIndex((turn) => turn.key === before?.key);
    const replaced = turns[at];
    const parentId = replaced?.id ? replaced.parentId : leaf(replaced ? turns.slice(0, at) : turns);
    const key = freshId();
    const requestId = before?.requestId || key;
    const model = chosen();
    const createdAt = new Date().toISOString();
    restored = undefined;
    dispatch({ type: "send", key, message, parentId, requestId, model, replaces: before?.key, createdAt });
    keepUnsent(place(), { requestId, message, parentId, model, createdAt });
    onAsked();
    const where = conversationId
      ? { conversation_id: conversationId, parent_id: parentId }
      : { ...settings(), ...(temporary ? { temporary: true } : {}) };
    ask({ message, model: model || undefined, request_id: requestId, ...where });
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

  /**
   * @param {import("../state/turn.js").Turn | undefined} question that the server did not take
   * @param {string} [typed] what goes on below it
   */
  function giveBack(question, typed = "") {
    if (!question || question.id) return;
    restored = { key: question.key, requestId: "" };
    composer.fill(question.content + typed);
    keepDraft(place(), question.content + typed);
    forgetUnsent(place(), question.requestId);
  }

  return {
    send,
    regenerate,

    /**
     * @param {string} text from the composer
     * @returns {boolean} whether it was taken, to be asked now or when the answer has ended
     */
    sendTyped(text) {
      if (current().phase !== "idle") {
        keepDraft(place(), "");
        return later(text);
      }
      // Another conversation may have been opened since.
      const taken = send(text, current().turns.some(({ key }) => key === restored?.key) ? restored : undefined);
      if (taken) keepDraft(place(), "");
      return taken;
    },

    /**
     * @param {string} key of the question that is asked in other words, beside it
     * @param {string} text
     * @returns {boolean} whether it was taken
     */
    edit(key, text) {
      const question = current().turns.find((turn) => turn.key === key);
      return question ? send(text, { key, requestId: "" }) : false;
    },

    /** @param {string} key of the answer that failed */
    retry(key) {
      const { turns } = current();
      const at = turns.findIndex((turn) => turn.key === key);
      const [question, answer] = turns.slice(Math.max(0, at - 1), at + 1);
      if (!question || !answer) return;
      // What the server never confirmed keeps its id, so that it cannot be asked twice.
      if (question.id) return regenerate(question.id, undefined, answer.id ? "" : answer.requestId);
      send(question.content, { key: question.key, requestId: question.requestId });
    },

    /** @param {string} key of the answer that was cut; what followed it makes way */
    goOn(key) {
      const { turns } = current();
      const next = turns[turns.findIndex((turn) => turn.key === key) + 1];
      send(CONTINUE, next && { key: next.key, requestId: "" });
    },

    /** @param {string} key of a question that was not sent, and shall not be */
    discard(key) {
      forgetUnsent(place(), current().turns.find((turn) => turn.key === key)?.requestId ?? "");
      dispatch({ type: "discard", key });
    },

    /** @param {boolean} isNew whether the conversation has just begun, too */
    begun(isNew) {
      forgetUnsent(isNew ? "" : place(), current().turns.at(-2)?.requestId ?? "");
      if (isNew) moveUnsent(place());
    },

    /**
     * Gives a question that cannot be taken as it is back to the person, to be changed.
     *
     * @param {string} problem
     */
    refused(problem) {
      if (!composer.text() && ["invalid_request", "too_large"].includes(problem)) giveBack(current().turns.at(-2));
    },

    /** @param {string} key of the answer to a question that was refused; what was typed since stands below it */
    rewrite(key) {
      const { turns } = current();
      const question = turns[turns.findIndex((turn) => turn.key === key) - 1];
      if (restored && restored.key === question?.key) return;
      const typed = composer.text();
      giveBack(question, typed.trim() ? `\n\n${typed}` : "");
    },
  };
}
