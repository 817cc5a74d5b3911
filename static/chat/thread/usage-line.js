/** The quiet line under an answer: model and cost, how it ended if not plainly, and the rest for who wants it. Pure. */

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

// Below it the digits say nothing to anybody; sums are made of the exact amounts.
const LEAST = 0.0001;

/**
 * @param {string | number} cost a decimal; its size decides how many digits it takes to say something
 * @param {string} currency ISO 4217
 * @returns {string} `$1.25`, `$0.042`, `under $0.0001`; `free` for exactly nothing
 */
export function money(cost, currency) {
  const amount = Number(cost);
  if (amount === 0) return "free";
  if (amount > 0 && amount < LEAST) return `under ${money(LEAST, currency)}`;
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

/** @param {Usage} usage */
const about = ({ source }) => (source === "estimated" ? "about " : "");

/**
 * @param {Usage} usage
 * @returns {string} empty where it is not known
 */
function cost(usage) {
  if (usage.cost === null) return "";
  const amount = money(usage.cost, usage.currency || "USD");
  return /^(free|under)/.test(amount) ? amount : about(usage) + amount;
}

/**
 * @param {Usage} usage
 * @returns {string} how the tokens divide, as far as they were counted
 */
function tokens(usage) {
  const { prompt_tokens: sent, completion_tokens: written, total_tokens: total } = usage;
  if (sent !== null && written !== null) return `${about(usage)}${whole.format(sent)} tokens in, ${whole.format(written)} out`;
  return total === null ? "" : `${about(usage)}${whole.format(total)} ${total === 1 ? "token" : "tokens"}`;
}

/**
 * @param {Usage} usage
 * @returns {string[]} what the provider's cache held and saved; that there is no price where something was counted
 */
function remarks(usage) {
  if (usage.cost === null) return usage.total_tokens === null ? [] : ["no price known"];
  const passed = [
    usage.cached_tokens ? `${whole.format(usage.cached_tokens)} read` : "",
    usage.cache_write_tokens ? `${whole.format(usage.cache_write_tokens)} written` : "",
  ].filter(Boolean);
  const saving = Number(usage.cache_saving ?? 0);
  const saved = saving > 0 ? `cache saved ${about(usage)}${money(saving, usage.currency || "USD")}`.replace("about under", "under") : "";
  return [passed.length ? `cache: ${passed.join(", ")}` : "", saved];
}

/**
 * @param {Turn} turn
 * @returns {string} how it ended, if not plainly
 */
function end({ finishReason, finishDetail, status }) {
  if (finishReason !== "other") return ENDS[finishReason] ?? STATES[status] ?? "";
  return finishDetail === "none" ? "Ended without saying why" : `Ended with ‘${finishDetail}’`;
}

/** @typedef {{ main: string, end: string, rest: string }} Figures */

/**
 * @param {Turn} turn
 * @returns {Figures} all empty for a question and while the answer is being written
 */
export function figuresOf(turn) {
  if (turn.role !== "assistant" || turn.status === "queued" || turn.status === "streaming") return { main: "", end: "", rest: "" };
  const { usage } = turn;
  // A pace belongs to an answer that came to its end; the stream's `error` does not tell one either.
  const { elapsed_seconds: elapsed, tokens_per_second: speed } = (turn.trouble ? null : turn.timing) ?? {};
  const rest = [
    ...(usage ? [tokens(usage), ...remarks(usage)] : []),
    typeof elapsed === "number" ? duration(elapsed) : "",
    typeof speed === "number" ? `${(speed < 10 ? tenth : whole).format(speed)} tokens/s` : "",
  ];
  const joined = (/** @type {string[]} */ parts) => parts.filter(Boolean).join(" · ");
  return { main: joined([turn.model, usage ? cost(usage) : ""]), end: end(turn), rest: joined(rest) };
}
