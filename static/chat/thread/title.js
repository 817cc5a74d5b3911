/** The conversation's title, in the page and in the tab; there with how many answers nobody has seen. */

/** @typedef {import("../state/state.js").State} State */

const UNTITLED = "New chat";

/**
 * @param {HTMLElement} element
 * @param {() => number} unread in how many other conversations an answer has not been seen
 */
export function createTitle(element, unread) {
  let tab = document.title;
  let busy = false;
  // In the page's own conversation, while nobody looked at it.
  let missed = 0;

  function tell() {
    const count = unread() + missed;
    const shown = count > 0 ? `(${count}) ${tab}` : tab;
    if (document.title !== shown) document.title = shown;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    missed = 0;
    tell();
  });

  return {
    /** @param {State} state */
    update({ title, conversationId, phase }) {
      const shown = title || UNTITLED;
      if (element.textContent !== shown) element.textContent = shown;
      tab = title || conversationId ? `${shown} · chatsite` : "chatsite";
      if (busy && phase === "idle" && document.hidden) missed = 1;
      busy = phase !== "idle";
      tell();
    },
  };
}
