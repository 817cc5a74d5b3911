/** When something was said, in the reader's own format. Pure. */

/** @type {Map<string, Intl.DateTimeFormat>} each takes longer to make than a hundred dates to write */
const formats = new Map();

/**
 * @param {Date} date
 * @param {Intl.DateTimeFormatOptions} options
 * @param {string} [locale]
 */
function written(date, options, locale) {
  const key = JSON.stringify([locale, options]);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, format);
  return format.format(date);
}

/**
 * @param {Date} date
 * @param {string} [locale] the browser's own unless named
 * @returns {string} in full: `21 November 2026 at 14:05`
 */
export const timestamp = (date, locale) => written(date, { dateStyle: "long", timeStyle: "short" }, locale);

/**
 * @param {Date} date
 * @param {Date} now
 * @param {string} [locale]
 * @returns {string} `14:05`, before today `21 Nov, 14:05`, and with the year where it is another
 */
export function clock(date, now, locale) {
  const time = /** @type {const} */ ({ hour: "numeric", minute: "2-digit" });
  if (date.toDateString() === now.toDateString()) return written(date, time, locale);
  const year = date.getFullYear() === now.getFullYear() ? {} : /** @type {const} */ ({ year: "numeric" });
  return written(date, { day: "numeric", month: "short", ...year, ...time }, locale);
}
