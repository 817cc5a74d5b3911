/** When something was said, in the reader's own format. Pure. */

/**
 * @param {Date} date
 * @param {string} [locale] the browser's own unless named
 * @returns {string} in full: `21 November 2026 at 14:05`
 */
export const moment = (date, locale) => date.toLocaleString(locale, { dateStyle: "long", timeStyle: "short" });

/**
 * @param {Date} date
 * @param {Date} now
 * @param {string} [locale]
 * @returns {string} `14:05`, before today `21 Nov, 14:05`, and with the year where it is another
 */
export function clock(date, now, locale) {
  const time = /** @type {const} */ ({ hour: "numeric", minute: "2-digit" });
  if (date.toDateString() === now.toDateString()) return date.toLocaleTimeString(locale, time);
  const year = date.getFullYear() === now.getFullYear() ? {} : /** @type {const} */ ({ year: "numeric" });
  return date.toLocaleString(locale, { day: "numeric", month: "short", ...year, ...time });
}
