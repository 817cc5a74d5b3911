/** Under which heading of the list a conversation stands. Pure. */

/**
 * @typedef {object} Section
 * @property {string} key
 * @property {string} title
 * @property {number} rank sections with a higher one stand higher
 */

const DAYS_OF_WEEK = 7;
const MONTHS = new Intl.DateTimeFormat("en-US", { month: "long" });

/**
 * @param {{ pinned: boolean, updated: number }} conversation `updated` in milliseconds since 1970
 * @param {Date} now in whose time zone days begin and end
 * @returns {Section}
 */
export function dateGroupOf({ pinned, updated }, now) {
  if (pinned) return { key: "pinned", title: "Pinned", rank: Infinity };
  // By the calendar: a day is not always 24 hours long.
  const before = (/** @type {number} */ days) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).getTime();
  if (updated >= before(0)) return { key: "today", title: "Today", rank: before(0) };
  if (updated >= before(1)) return { key: "yesterday", title: "Yesterday", rank: before(1) };
  if (updated >= before(DAYS_OF_WEEK)) return { key: "week", title: "Previous 7 days", rank: before(DAYS_OF_WEEK) };
  const then = new Date(updated);
  const [year, month] = [then.getFullYear(), then.getMonth()];
  const first = new Date(year, month, 1);
  const name = MONTHS.format(first);
  return { key: `${year}-${month + 1}`, title: year === now.getFullYear() ? name : `${name} ${year}`, rank: first.getTime() };
}
