/** Fetches what lies in static/vendor. Few lines, because formulas and highlighting share them and nothing else. */

/** @param {string} path within static/vendor */
export const vendored = (path) => new URL(`../../vendor/${path}`, import.meta.url).href;

/**
 * @param {string} path of a module within static/vendor, never a word from outside
 * @returns {Promise<any>}
 */
// eslint-disable-next-line no-unsanitized/method -- the address is always one of this site's own files
export const fetchModule = (path) => import(vendored(path));
