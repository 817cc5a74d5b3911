/** The transcript: one article for each turn, in order. */

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./turn.js").Turn} Turn */
/** @typedef {import("./message.js").MessageView} MessageView */

/**
 * @param {HTMLElement} log
 * @param {object} parts
 * @param {HTMLTemplateElement} parts.template holds chat/message.html
 * @param {(article: HTMLElement) => MessageView} parts.createMessage
 * @param {(remedy: string, key: string) => void} parts.onRemedy gets what shall be done, and the answer's key
 */
export function createThread(log, { template, createMessage, onRemedy }) {
  /** @type {Map<string, { view: MessageView, turn: Turn | null, waiting: boolean }>} */
  const shown = new Map();

  log.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-remedy]") : null;
    if (!(button instanceof HTMLElement)) return;
    const article = button.closest("article");
    for (const [key, { view }] of shown) if (view.element === article) return onRemedy(button.dataset.remedy ?? "", key);
  });

  /**
   * @param {Turn} turn
   * @returns {HTMLElement} the article the server made for it, or a new one at the end
   */
  function articleOf(turn) {
    const made = turn.id ? log.querySelector(`article[data-message-id="${CSS.escape(turn.id)}"]`) : null;
    if (made instanceof HTMLElement) return made;
    const copy = template.content.querySelector("article")?.cloneNode(true);
    if (!(copy instanceof HTMLElement)) throw new TypeError("The template holds no article.");
    return log.appendChild(copy);
  }

  return {
    /**
     * @param {State} state
     * @returns {boolean} whether there is more to show in the next frame
     */
    update(state) {
      const keys = new Set(state.turns.map((turn) => turn.key));
      for (const [key, { view }] of shown) {
        if (keys.has(key)) continue;
        view.element.remove();
        shown.delete(key);
      }
      let waiting = false;
      for (const turn of state.turns) {
        const entry = shown.get(turn.key) ?? { view: createMessage(articleOf(turn)), turn: null, waiting: true };
        shown.set(turn.key, entry);
        const live = turn.status === "queued" || turn.status === "streaming";
        if (entry.turn === turn && !entry.waiting && !live) continue;
        entry.turn = turn;
        entry.waiting = entry.view.update(turn, state.phase);
        waiting ||= entry.waiting;
      }
      return waiting;
    },
  };
}
