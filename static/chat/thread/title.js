/** The conversation's title, in the page and in the tab. */

/** @typedef {import("../state/state.js").State} State */

const UNTITLED = "New chat";

/** @param {HTMLElement} element */
export function createTitle(element) {
  return {
    /** @param {State} state */
    update({ title, conversationId }) {
      const shown = title || UNTITLED;
      const tab = title || conversationId ? `${shown} · chatsite` : "chatsite";
      if (element.textContent !== shown) element.textContent = shown;
      if (document.title !== tab) document.title = tab;
    },
  };
}
