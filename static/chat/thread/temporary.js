/** The switch for a conversation that is not kept. It can be set until the conversation begins. */

import { show } from "../page/dom.js";

/** @typedef {import("../state/state.js").State} State */

/**
 * @param {object} parts
 * @param {HTMLElement} parts.page is marked while what is said is not kept
 * @param {HTMLElement} parts.note says so
 * @param {HTMLElement} parts.button is there only in a new conversation
 * @param {(temporary: boolean) => void} parts.onToggle
 */
export function createTemporary({ page, note, button, onToggle }) {
  button.addEventListener("click", () => onToggle(button.getAttribute("aria-pressed") !== "true"));

  return {
    /** @param {State} state */
    update({ temporary, conversationId, turns }) {
      page.toggleAttribute("data-temporary", temporary);
      show(note, temporary);
      show(button, conversationId === null && turns.length === 0);
      button.setAttribute("aria-pressed", String(temporary));
    },
  };
}
