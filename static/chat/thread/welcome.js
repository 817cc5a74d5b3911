/** What stands in a new conversation: a greeting, and questions to begin with. */

import { show } from "../page/dom.js";

/** @typedef {import("../state/state.js").State} State */

/**
 * @param {HTMLElement} element
 * @param {(question: string) => void} onAsk
 */
export function createWelcome(element, onAsk) {
  for (const starter of element.querySelectorAll("[data-starter]")) {
    starter.addEventListener("click", () => onAsk(starter.textContent?.trim() ?? ""));
  }

  return {
    /** @param {State} state */
    update({ conversationId, turns }) {
      show(element, conversationId === null && turns.length === 0);
    },
  };
}
