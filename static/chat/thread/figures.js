/** Draws the line of figures; a tap on it shows, and hides again, what a mouse or the focus shows anyway. */

import { figuresOf } from "./usage-line.js";

/** @param {HTMLButtonElement} line with three places: model and cost, the end, the rest */
export function createFigures(line) {
  const places = [...line.querySelectorAll("span")];
  line.addEventListener("click", () => {
    line.setAttribute("aria-expanded", String(line.getAttribute("aria-expanded") !== "true"));
  });

  return {
    /** @param {import("../state/turn.js").Turn} turn */
    update(turn) {
      const { main, end, rest } = figuresOf(turn);
      for (const [at, text] of [main, end, rest].entries()) {
        if (places[at] && places[at].textContent !== text) places[at].textContent = text;
      }
      // Its line stays reserved: nothing moves when an answer ends.
      line.toggleAttribute("data-none", main + end + rest === "");
    },
  };
}
