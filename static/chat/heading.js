/** The conversation's title, in the page and in the tab. */

/** @typedef {import("./state.js").State} State */

/** @param {HTMLElement} element */
export function createHeading(element) {
  return {
    /** @param {State} state */
    update({ title }) {
      if (!title || element.textContent === title) return;
      element.textContent = title;
      document.title = `${title} · chatsite`;
    },
  };
}
