/** The quiet line under an answer: what it took, and how it ended if not plainly. Pure. */

/** @typedef {import("../state/turn.js").Turn} Turn */
/** @typedef {import("../state/turn.js").Usage} Usage */

export const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** @type {Record<string, string>} */
const ENDS = {
  length: "Cut off by the length limit",
  content_filter: "Refused by the content filter",
  disconnected: "Stopped because nobody was reading",
};

/** @type {Record<string, string>} */
const STATES = { stopped: "Stopped", interrupted: "Interrupted", failed: "Failed" };

/**
 * @param {string | number} cost a decimal; its size decides how many digits it takes to say something
 * @param {string} currency ISO 4217
 * @returns {string} `$1.25`, `$0.042`, `$0.00000015`; `free` for exactly nothing
 */
export function money(cost, currency) {
  const amount = Number(cost);
  if (amount === 0) return "free";
  const zeros = Math.max(0, -Math.floor(Math.log10(Math.abs(amount))) - 1);
  const digits = Math.abs(amount) >= 1 ? 2 : Math.min(12, Math.max(2, zeros + 2));
  const format = { minimumFractionDigits: 2, maximumFractionDigits: digits };
  return new Intl.NumberFormat("en-US", { style: "currency", currency, ...format }).format(amount);
}

/**
 * @param {number} seconds
 * @returns {string} `0.8 s`, `12 s`, `2 min 5 s`
 */
export function duration(seconds) {
  if (seconds < 0.05) return "under 0.1 s";
  if (seconds < 9.95) return `${tenth.format(seconds)} s`;
  return wholeDuration(Math.round(seconds));
}

/**
 * @param {number} seconds
 * @returns {string} `4 s`, `2 min 5 s`
 */
export function wholeDuration(seconds) {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/**
 * @param {Usage} usage
 * @returns {string[]} the count of tokens, if known, and the cost, or that no price is known; what the provider's cache saved
 */
function charged(usage) {
  const about = usage.source === "estimated" ? "about " : "";
  const total = usage.total_tokens;
  const count = total === null ? [] : [`${about}${whole.format(total)} ${total === 1 ? "token" : "tokens"}`];
  // Where nothing was counted nothing was charged, whatever the price.
  if (usage.cost === null) return total === null ? [] : [...count, "no price known"];
  const currency = usage.currency || "USD";
  const cost = money(usage.cost, currency);
  const saving = Number(usage.cache_saving ?? 0);
  const saved = saving > 0 ? [`cache saved ${about}${money(saving, currency)}`] : [];
  return [...count, cost === "free" ? cost : about + cost, ...saved];
}

/**
 * @param {Turn} turn
 * @returns {string} how it ended, if not plainly
 */
function end({ finishReason, finishDetail, status }) {
  if (finishReason !== "other") return ENDS[finishReason] ?? STATES[status] ?? "";
  return finishDetail === "none" ? "Ended without saying why" : `Ended with ‘${finishDetail}’`;
}

/**
 * @param {Turn} turn
 * @returns {string} empty for a question and while the answer is being written
 */
export function usageLine(turn) {
  if (turn.role !== "assistant" || turn.status === "queued" || turn.status === "streaming") return "";
  // A pace belongs to an answer that came to its end; the stream's `error` does not tell one either.
  const { elapsed_seconds: elapsed, tokens_per_second: speed } = (turn.trouble ? null : turn.timing) ?? {};
  return [
    turn.model,
    ...(turn.usage ? charged(turn.usage) : []),
    typeof elapsed === "number" ? duration(elapsed) : "",
    typeof speed === "number" ? `${(speed < 10 ? tenth : whole).format(speed)} tokens/s` : "",
    end(turn),
  ]
    .filter(Boolean)
    .join(" · ");
}

/**
 * @param {Usage | null} usage
 * @returns {string} how the tokens divide, for those who point at the line
 */
export function tokenDetail(usage) {
  if (!usage || usage.prompt_tokens === null || usage.completion_tokens === null) return "";
  const passed = [
    usage.cached_tokens ? `${whole.format(usage.cached_tokens)} read` : "",
    usage.cache_write_tokens ? `${whole.format(usage.cache_write_tokens)} written` : "",
  ].filter(Boolean);
  const cache = passed.length ? ` (the provider's cache: ${passed.join(", ")})` : "";
  return `${whole.format(usage.prompt_tokens)} tokens in${cache}, ${whole.format(usage.completion_tokens)} out`;
}
