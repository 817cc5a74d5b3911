/** The message that an address points at: `?at=<id>`, which the server renders, or `#m-<id>`. */

const MARKED_MS = 2500;

/**
 * @param {HTMLElement} log
 * @param {(article: HTMLElement) => void} onFound brings it into view
 * @returns {boolean} whether there is one
 */
export function goToAnchor(log, onFound) {
  const query = new URLSearchParams(location.search).get("at");
  const hash = location.hash.startsWith("#m-") ? location.hash.slice(3) : null;
  const id = hash ?? query;
  if (!id) return false;
  const article = log.querySelector(`article[data-message-id="${CSS.escape(id)}"]`);
  if (!(article instanceof HTMLElement)) {
    // It may be on another branch, or further up: the server knows the way.
    if (hash && hash !== query) location.replace(`${location.pathname}?${new URLSearchParams({ at: hash })}`);
    return false;
  }
  onFound(article);
  article.setAttribute("data-marked", "");
  setTimeout(() => article.removeAttribute("data-marked"), MARKED_MS);
  return true;
}
