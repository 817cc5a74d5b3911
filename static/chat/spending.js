/** What a whole conversation has used and cost. Pure. */

import { money, whole } from "./figures.js";

/** @typedef {import("./turn.js").Usage} Usage */

/**
 * @param {(Usage | null)[]} usages of all its messages, whatever their branch
 * @returns {string} `12,345 tokens · $0.042`; empty where nothing was counted
 */
export function spent(usages) {
  const counted = usages.filter((usage) => usage !== null && usage.total_tokens !== null);
  const tokens = counted.reduce((sum, usage) => sum + (usage?.total_tokens ?? 0), 0);
  if (tokens === 0) return "";
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const usage of counted) {
    if (usage && usage.cost !== null) sums.set(usage.currency, (sums.get(usage.currency) ?? 0) + Number(usage.cost));
  }
  const unpriced = counted.some((usage) => usage?.cost === null);
  const about = counted.some((usage) => usage?.source === "estimated") ? "about " : "";
  const costs = [...sums].map(([currency, sum]) => money(sum, currency));
  return [`${about}${whole.format(tokens)} tokens`, ...costs, ...(unpriced ? ["some without a known price"] : [])].join(" · ");
}
