/** What a whole conversation has used and cost. Pure. */

import { money, whole } from "./usage-line.js";

/** @typedef {import("../state/events.js").Spending} Spending */

/**
 * @param {Spending} spending
 * @returns {string} `12,345 tokens · $0.042`; empty where nothing was counted
 */
export function spent({ total_tokens, costs, unpriced, estimated }) {
  if (total_tokens === 0) return "";
  const sums = Object.entries(costs).map(([currency, cost]) => money(Number(cost), currency));
  const tokens = `${estimated ? "about " : ""}${whole.format(total_tokens)} tokens`;
  return [tokens, ...sums, ...(unpriced ? ["some without a known price"] : [])].join(" · ");
}
