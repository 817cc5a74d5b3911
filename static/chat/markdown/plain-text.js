/** The body of a message as plain text. A renderer with the same methods can take its place. */

/** @typedef {ReturnType<typeof createPlainText>} Body */

/** @param {Element} element holds nothing else */
export function createPlainText(element) {
  const node = element.firstChild instanceof Text ? element.firstChild : element.appendChild(new Text());

  return {
    /** @returns {string} what is on the screen */
    shown: () => node.data,

    /** @param {string} text a finished one, where there was none */
    place(text) {
      node.data = text;
    },

    /** @param {string} more */
    append(more) {
      node.appendData(more);
    },

    /** @param {string} text */
    replace(text) {
      node.data = text;
    },

    /** It is on the screen at once. */
    draw() {},

    /** There is no more to come. */
    settle() {},
  };
}
