/** One message on the screen: patches the nodes of its own article and no others. */

import { createActions } from "./actions.js";
import { createFigures } from "./figures.js";
import { charactersDue } from "../page/typing-pace.js";
import { need, show } from "../page/dom.js";
import { isThinking } from "../state/thinking.js";
import { emptiness, recoveries, sentence } from "./recovery.js";
import { thoughtLine, waitLine } from "./thinking.js";
import { createToolCalls } from "./tool-calls.js";

/** @typedef {import("../state/turn.js").Turn} Turn */
/** @typedef {import("../state/state.js").Phase} Phase */
/** @typedef {import("../markdown/plain-text.js").Body} Body */
/** @typedef {ReturnType<typeof createMessage>} MessageView */

const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");

/**
 * @param {HTMLElement} line
 * @param {string} text
 */
function say(line, text) {
  if (line.textContent !== text) line.textContent = text;
  show(line, text !== "");
}

/**
 * @param {Turn} turn
 * @returns {string} news, or what is waited for and how long
 */
function news(turn) {
  return turn.notice || waitLine(turn);
}

/**
 * @param {HTMLElement} article made by chat/message.html
 * @param {(element: HTMLElement) => Body} createBody
 * @param {HTMLTemplateElement} toolTemplate holds chat/tool_call.html
 */
export function createMessage(article, createBody, toolTemplate) {
  const body = createBody(need(".text", HTMLElement, article));
  const thinking = need(".thinking", HTMLDetailsElement, article);
  const thoughts = createBody(need(".thinking-text", HTMLElement, article));
  const summary = need(".thinking summary", HTMLElement, article);
  const tools = createToolCalls(need(".tool-calls", HTMLElement, article), toolTemplate);
  const notice = need(".notice", HTMLElement, article);
  const trouble = need(".trouble", HTMLElement, article);
  const words = need(".trouble-text", HTMLElement, article);
  const buttons = trouble.querySelectorAll("button");
  const notes = need(".notes", HTMLElement, article);
  const figures = createFigures(need(".figures", HTMLButtonElement, article));
  const actions = createActions(need(".actions", HTMLElement, article));

  /**
   * Gives a body more of a text that grows, or all of it.
   *
   * @param {Body} target
   * @param {string} text
   * @param {{ live: boolean, held: boolean, elapsed: number }} how
   * @returns {boolean} whether the rest waits for the next frame
   */
  function spell(target, text, { live: growing, held, elapsed }) {
    const shown = target.shown();
    if (shown === text) return false;
    if (!growing && shown === "") {
      target.place(text);
      return false;
    }
    // A followed stream tells again what is already here: wait until it has caught up.
    if (growing && shown.startsWith(text)) return false;
    if (!text.startsWith(shown)) {
      target.replace(text);
      return false;
    }
    if (held) return false;
    const until = growing && !calm?.matches ? charactersDue(text, shown.length, elapsed) : text.length;
    target.append(text.slice(shown.length, until));
    return until < text.length;
  }

  /** @param {Turn} turn */
  function mend(turn) {
    /** @type {string[]} */
    const offered = recoveries(turn);
    for (const button of buttons) show(button, offered.includes(button.dataset.action ?? ""));
    say(words, turn.trouble ? sentence(turn.trouble, new Date()) : emptiness(turn));
    trouble.toggleAttribute("data-calm", turn.trouble === null);
    show(trouble, turn.trouble !== null || offered.length > 0);
  }

  return {
    element: article,

    /**
     * @param {Turn} turn
     * @param {Phase} phase
     * @param {number} elapsed milliseconds since the last frame
     * @returns {boolean} whether there is more to show in the next frame
     */
    update(turn, phase, elapsed) {
      const live = turn.status === "queued" || turn.status === "streaming";
      const held = live && phase === "stopping";
      article.dataset.role = turn.role;
      article.dataset.status = turn.status;
      article.toggleAttribute("data-stopping", held);
      article.setAttribute("aria-label", turn.role === "user" ? "You" : turn.model || "Answer");
      if (turn.id) article.dataset.messageId = turn.id;
      if (live) article.setAttribute("aria-busy", "true");
      else article.removeAttribute("aria-busy");

      show(thinking, turn.reasoning !== "" || thoughts.shown() !== "");
      thinking.toggleAttribute("data-live", live && !held && isThinking(turn));
      say(summary, thoughtLine(turn, live));
      const how = { live, held, elapsed };
      const thoughtsWait = spell(thoughts, turn.reasoning, how);
      const textWaits = spell(body, turn.content, how);
      thoughts.draw();
      body.draw();
      if (!live && !textWaits) body.settle();
      tools.update(turn.toolCalls);

      say(notice, held ? "Stopping…" : live ? news(turn) : "");
      mend(turn);
      say(notes, turn.notes.join(" "));
      figures.update(turn);
      actions.update(turn);
      return thoughtsWait || textWaits;
    },
  };
}
