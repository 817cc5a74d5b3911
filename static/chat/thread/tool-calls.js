/** The tool calls of one answer, each folded: what was called, and with what. */

import { pretty } from "./json.js";
import { need } from "../page/dom.js";

/** @typedef {import("../state/turn.js").ToolCall} ToolCall */

/**
 * @param {Element} element
 * @param {string} text
 */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {HTMLElement} box may hold what the server made with chat/tool_call.html
 * @param {HTMLTemplateElement} template holds the same
 */
export function createToolCalls(box, template) {
  /** @type {ToolCall[]} */
  let shown = [];

  /** @param {number} place */
  function elementAt(place) {
    const made = box.children[place];
    if (made) return made;
    const copy = template.content.querySelector(".tool-call")?.cloneNode(true);
    if (!(copy instanceof HTMLElement)) throw new TypeError("The template holds no tool call.");
    return box.appendChild(copy);
  }

  return {
    /** @param {ToolCall[]} calls in order */
    update(calls) {
      if (calls === shown) return;
      while (box.children.length > calls.length) box.lastElementChild?.remove();
      calls.forEach((call, place) => {
        if (call === shown[place]) return;
        const element = elementAt(place);
        say(need("summary", HTMLElement, element), `Called ${call.name || "a tool"}`);
        say(need("pre", HTMLElement, element), pretty(call.arguments));
      });
      shown = calls;
    },
  };
}
