/** The composer at the foot of the page: the text box, Send and Stop. */

import { allow, isComposing, need, show } from "../page/dom.js";
import { isCoarse } from "../page/pointer.js";
import { lengthOf } from "./message-length.js";

/** @typedef {import("../state/state.js").State} State */

// A browser that does it by itself does it before the first paint.
const fits = globalThis.CSS?.supports("field-sizing: content");

/**
 * @param {HTMLFormElement} form `data-limit` is how many characters a message may have
 * @param {object} handlers
 * @param {(text: string) => boolean} handlers.onSend returns whether the text was taken, to be sent now or later
 * @param {() => void} handlers.onStop
 * @param {(text: string) => void} handlers.onInput
 * @param {() => boolean} handlers.onUp the arrow was pressed where nothing is typed; returns whether that did something
 */
export function createComposer(form, { onSend, onStop, onInput, onUp }) {
  const box = need("textarea", HTMLTextAreaElement, form);
  const send = need("button.send", HTMLButtonElement, form);
  const stop = need("button.stop", HTMLButtonElement, form);
  const length = need(".composer-length", HTMLElement, form);
  const limit = Number(form.dataset.limit) || Infinity;
  /** @type {State["phase"]} */
  let phase = "idle";

  function fit() {
    if (fits) return;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }

  /** @returns {boolean} whether there is something that can be sent */
  const ready = () => box.value.trim() !== "" && !lengthOf(box.value, limit).over;

  function invite() {
    if (!isCoarse()) box.focus();
  }

  function refresh() {
    const live = phase === "sending" || phase === "streaming";
    const focused = document.activeElement === stop || document.activeElement === send;
    const { over, text } = lengthOf(box.value, limit);
    if (length.textContent !== text) length.textContent = text;
    show(length, text !== "");
    length.toggleAttribute("data-over", over);
    if (over) box.setAttribute("aria-invalid", "true");
    else box.removeAttribute("aria-invalid");
    allow(send, ready());
    send.title = phase === "idle" ? "Send (Enter)" : "Send after this answer (Enter)";
    // What is typed meanwhile can be sent, too: it waits for its turn.
    show(send, !live || box.value.trim() !== "");
    if (stop.hidden === !live) return;
    show(stop, live);
    if (focused) live ? stop.focus() : invite();
  }

  box.addEventListener("input", () => {
    fit();
    refresh();
    onInput(box.value);
  });

  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && box.value === "" && !isComposing(event) && onUp()) event.preventDefault();
    if (event.key !== "Enter" || event.shiftKey || isComposing(event) || isCoarse()) return;
    event.preventDefault();
    form.requestSubmit();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!ready() || !onSend(box.value)) return;
    box.value = "";
    fit();
    refresh();
    // The keyboard on the screen goes away: what is wanted now is the answer.
    if (isCoarse()) box.blur();
    else box.focus();
  });

  stop.addEventListener("click", onStop);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || event.defaultPrevented || stop.hidden) return;
    // What is open is closed first.
    if (!document.querySelector("dialog[open], :popover-open")) onStop();
  });

  if (isCoarse()) {
    box.enterKeyHint = "enter";
    box.removeAttribute("title");
  }

  return {
    /** @param {State} state */
    update(state) {
      phase = state.phase;
      refresh();
    },

    /** @param {string} text */
    fill(text) {
      box.value = text;
      fit();
      refresh();
    },

    text: () => box.value,

    focus: () => box.focus(),

    /**
     * The button that was pressed is gone then; whoever came by keyboard goes on in the box.
     *
     * @param {(key: string) => unknown} deed
     */
    after: (deed) => (/** @type {string} */ key) => {
      deed(key);
      invite();
    },

    /** Takes the focus, where that does not bring up a keyboard on the screen. */
    invite,
  };
}
