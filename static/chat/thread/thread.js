/** The transcript: one article for each turn, in order. */

/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/turn.js").Turn} Turn */
/** @typedef {import("./message.js").MessageView} MessageView */

/**
 * @param {HTMLElement} log
 * @param {object} parts
 * @param {HTMLTemplateElement} parts.template holds chat/message.html
 * @param {(article: HTMLElement) => MessageView} parts.createMessage
 * @param {(action: string, key: string, button: HTMLElement) => void} parts.onAction gets what shall be done, and the turn's key
 */
export function createThread(log, { template, createMessage, onAction }) {
  /** @type {Map<string, { view: MessageView, turn: Turn | null, waiting: boolean }>} */
  const shown = new Map();
  let busy = false;

  log.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-action]") : null;
    if (!(button instanceof HTMLElement)) return;
    const article = button.closest("article");
    for (const [key, { view }] of shown) if (view.element === article) return onAction(button.dataset.action ?? "", key, button);
  });

  /**
   * @param {Turn} turn
   * @returns {HTMLElement} the article the server made for it, or a new one
   */
  function made(turn) {
    const known = turn.id ? log.querySelector(`article[data-message-id="${CSS.escape(turn.id)}"]`) : null;
    if (known instanceof HTMLElement) return known;
    const copy = template.content.querySelector("article")?.cloneNode(true);
    if (!(copy instanceof HTMLElement)) throw new TypeError("The template holds no article.");
    copy.dataset.role = turn.role;
    return copy;
  }

  /** @param {boolean} wanted whether an answer is being written: nothing that could disturb it can be done meanwhile */
  function mark(wanted) {
    if (busy === wanted) return;
    busy = wanted;
    // In a task of its own: it styles all of the thread anew, and what was done is on the screen first.
    setTimeout(() => log.toggleAttribute("data-busy", busy));
  }

  return {
    /**
     * @param {State} state
     * @param {number} elapsed milliseconds since the last frame
     * @returns {boolean} whether there is more to show in the next frame
     */
    update(state, elapsed) {
      const keys = new Set(state.turns.map((turn) => turn.key));
      for (const [key, { view }] of shown) {
        if (keys.has(key)) continue;
        view.element.remove();
        shown.delete(key);
      }
      mark(state.phase !== "idle");
      let waiting = false;
      for (const [place, turn] of state.turns.entries()) {
        const entry = shown.get(turn.key) ?? { view: createMessage(made(turn)), turn: null, waiting: true };
        shown.set(turn.key, entry);
        const { element } = entry.view;
        if (log.children[place] !== element) log.insertBefore(element, log.children[place] ?? null);
        const live = turn.status === "queued" || turn.status === "streaming";
        if (entry.turn === turn && !entry.waiting && !live) continue;
        entry.turn = turn;
        entry.waiting = entry.view.update(turn, state.phase, elapsed);
        waiting ||= entry.waiting;
      }
      return waiting;
    },

    /**
     * @param {string} key
     * @returns {HTMLElement | undefined}
     */
    articleOf: (key) => shown.get(key)?.view.element,
  };
}
