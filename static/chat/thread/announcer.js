/** Announces news to screen readers, and shows errors of the page. */

/** @typedef {import("../state/state.js").State} State */

const SHOWN_MS = 8000;

/**
 * @param {State["phase"]} before
 * @param {State} state
 * @returns {string} empty where there is nothing to tell
 */
export function announcement(before, { phase, turns }) {
  const answer = turns.at(-1);
  if (phase === "streaming" && before !== "streaming" && before !== "stopping") return "Answer started";
  if (phase !== "idle" || before === "idle" || !answer) return "";
  if (answer.trouble) return answer.trouble.message;
  return answer.status === "stopped" ? "Answer stopped" : "Answer finished";
}

/** @param {HTMLElement} element has the role status */
export function createAnnouncer(element) {
  /** @type {State["phase"]} */
  let phase = "idle";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /**
   * @param {string} text
   * @param {boolean} visible
   */
  function tell(text, visible) {
    clearTimeout(timer);
    element.textContent = text;
    element.toggleAttribute("data-visible", visible);
    if (visible) timer = setTimeout(() => element.removeAttribute("data-visible"), SHOWN_MS);
  }

  return {
    /** @param {State} state */
    update(state) {
      const news = announcement(phase, state);
      phase = state.phase;
      if (news) tell(news, false);
    },

    /** @param {State} state of another conversation, which is in the page now */
    opened(state) {
      phase = state.phase;
      tell(state.title || "New chat", false);
    },

    /** @param {string} text */
    say: (text) => tell(text, false),

    /** @param {string} text */
    complain: (text) => tell(text, true),
  };
}
