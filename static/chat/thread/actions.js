/** The row of actions under a message: which version it is, and when it was said. */

import { clock, timestamp } from "./timestamp.js";
import { allow, need, show } from "../page/dom.js";

/** @typedef {import("../state/turn.js").Turn} Turn */

/** @param {HTMLElement} row made by chat/actions.html */
export function createActions(row) {
  const versions = need(".versions", HTMLElement, row);
  const label = need(".version", HTMLElement, row);
  const previous = need("[data-action=previous]", HTMLButtonElement, row);
  const next = need("[data-action=next]", HTMLButtonElement, row);
  const time = need("time", HTMLTimeElement, row);

  return {
    /** @param {Turn} turn */
    update({ siblings, createdAt }) {
      const { index = 1, count = 1 } = siblings ?? {};
      show(versions, count > 1);
      const place = `${index}/${count}`;
      if (label.textContent !== place) label.textContent = place;
      allow(previous, Boolean(siblings?.previous));
      allow(next, Boolean(siblings?.next));
      if (!createdAt || time.title) return;
      const said = new Date(createdAt);
      time.dateTime = createdAt;
      time.title = timestamp(said);
      time.textContent = clock(said, new Date());
    },
  };
}
