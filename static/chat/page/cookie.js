/** Choices in cookies, for the server to render the next page by. Few lines, because that is all that sets cookies. */

const YEAR_SECONDS = 365 * 24 * 3600;

/**
 * @param {string} name
 * @param {string} value empty to forget it
 */
export function setCookie(name, value) {
  document.cookie = `${name}=${value}; Path=/; Max-Age=${value ? YEAR_SECONDS : 0}; SameSite=Lax`;
}
