/** The box at the foot: text, Send, Stop. */

import { allow, isComposing, need } from "../page/dom.js";

/** @typedef {import("../state/state.js").State} State */

// A browser that does it by itself does it before the first paint.
const fits = globalThis.CSS?.supports("field-sizing: content");

/**
 * @param {HTMLFormElement} form
 * @param {object} handlers
 * @param {(text: string) => boolean} handlers.onSend returns whether the text was taken
 * @param {() => void} handlers.onStop
 * @param {(text: string) => void} handlers.onInput
 * @param {() => boolean} handlers.onUp the arrow was pressed where nothing is typed; returns whether that did something
 */
export function createComposer(form, { onSend, onStop, onInput, onUp }) {
  const box = need("textarea", HTMLTextAreaElement, form);
  const send = need("button.send", HTMLButtonElement, form);
  const stop = need("button.stop", HTMLButtonElement, form);
  /** @type {State["phase"]} */
  let phase = "idle";

  function fit() {
    if (fits) return;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }

  function refresh() {
    const live = phase === "sending" || phase === "streaming";
    allow(send, phase === "idle" && box.value.trim() !== "");
    if (stop.hidden === !live) return;
    const focused = document.activeElement === stop || document.activeElement === send;
    send.hidden = live;
    stop.hidden = !live;
    if (focused) (live ? stop : box).focus();
  }

  box.addEventListener("input", () => {
    fit();
    refresh();
    onInput(box.value);
  });

  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && box.value === "" && !isComposing(event) && onUp()) event.preventDefault();
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (phase !== "idle" || box.value.trim() === "" || !onSend(box.value)) return;
    box.value = "";
    fit();
    refresh();
    box.focus();
  });

  stop.addEventListener("click", onStop);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || event.defaultPrevented || stop.hidden) return;
    // What is open is closed first.
    if (!document.querySelector("dialog[open], :popover-open")) onStop();
  });

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
      box.focus();
    },

    /** Takes the focus, where that does not bring up a keyboard on the screen. */
    invite() {
      if (matchMedia("(pointer: fine)").matches) box.focus();
    },
  };
}
