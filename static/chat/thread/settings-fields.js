/** What can be typed into a conversation's settings, and what is wrong with it. Pure. */

/** @typedef {import("../state/conversation-settings.js").Values} Values */
/** @typedef {keyof Values} Name */
/** @typedef {Record<Name, string>} Typed */

/** @type {Name[]} */
export const NAMES = ["system_prompt", "temperature", "max_tokens"];

const WRONG = {
  temperature: "A number from 0 to 2, such as 0.7.",
  max_tokens: "A whole number, 1 or more.",
};

/**
 * @param {string} text with a decimal point or comma
 * @returns {number | null} null where nothing is typed; NaN where that is no number
 */
function numberIn(text) {
  const typed = text.trim().replace(",", ".");
  if (typed === "") return null;
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(typed) ? Number(typed) : NaN;
}

/**
 * @param {Typed} typed
 * @returns {Values} NaN where there is no number
 */
export const valuesOf = ({ system_prompt, temperature, max_tokens }) => ({
  system_prompt,
  temperature: numberIn(temperature),
  max_tokens: numberIn(max_tokens),
});

/**
 * @param {Typed} typed
 * @returns {Partial<Record<Name, string>>} a sentence for each field that cannot be taken
 */
export function problemsOf(typed) {
  const { temperature, max_tokens } = valuesOf(typed);
  const isWarm = temperature === null || (temperature >= 0 && temperature <= 2);
  const isLong = max_tokens === null || (Number.isInteger(max_tokens) && max_tokens >= 1);
  return { ...(isWarm ? {} : { temperature: WRONG.temperature }), ...(isLong ? {} : { max_tokens: WRONG.max_tokens }) };
}

/**
 * @param {string} message of the server, which names a field as `it`
 * @returns {Name | undefined} the field that it is about
 */
export const fieldOf = (message) => NAMES.find((name) => message.includes(`\`${name}\``));
