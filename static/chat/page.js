/** Finds the elements that the page, or a part of it, cannot be without. */

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
