/**
 * The elements that the page, or a part of it, cannot be without, and what they are: seen, allowed. The same is not
 * said again, because even that makes the browser style them anew.
 */

/**
 * @template {Element} E
 * @param {string} selector
 * @param {new () => E} kind
 * @param {ParentNode} [within]
 * @returns {E}
 */
export function need(selector, kind, within = document) {
  const found = within.querySelector(selector);
  if (!(found instanceof kind)) throw new TypeError(`There is no ${selector} here.`);
  return found;
}

/**
 * @param {HTMLElement} element
 * @param {boolean} wanted
 */
export function show(element, wanted) {
  if (element.hidden === wanted) element.hidden = !wanted;
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} wanted whether it can be pressed
 */
export function allow(button, wanted) {
  if (button.disabled === wanted) button.disabled = !wanted;
}

/**
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the key belongs to an input method: then Enter picks a word (229 is how Safari says so)
 */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;
