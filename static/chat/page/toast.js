/** A sentence at the foot of the page, for a while, with a way back. */

const SHOWN_MS = 10_000;

/** @typedef {{ text: string, act: string, onAct: () => void, until?: number }} Note `act` is what its button says */

/**
 * @param {HTMLElement} element holds a [role=status], and buttons `[data-act]` and `[data-close]`
 */
export function createToast(element) {
  const sentence = element.querySelector("[role=status]");
  const act = element.querySelector("[data-act]");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {(() => void) | null} */
  let acting = null;

  function hide() {
    clearTimeout(timer);
    acting = null;
    element.removeAttribute("data-visible");
    document.documentElement.removeAttribute("data-toast");
    element.inert = true;
    if (sentence) sentence.textContent = "";
  }

  /** @param {number} milliseconds */
  function hideAfter(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(hide, Math.max(0, milliseconds));
  }

  function perform() {
    const wanted = acting;
    hide();
    wanted?.();
  }

  act?.addEventListener("click", perform);
  element.querySelector("[data-close]")?.addEventListener("click", hide);
  // Who reads it, or is about to click, is not hurried.
  for (const stay of ["pointerenter", "focusin"]) element.addEventListener(stay, () => clearTimeout(timer));
  for (const go of ["pointerleave", "focusout"]) element.addEventListener(go, () => acting && hideAfter(SHOWN_MS / 2));
  hide();

  /** @param {Note} note */
  function show({ text, act: label, onAct, until = Date.now() + SHOWN_MS }) {
    hide();
    acting = onAct;
    element.inert = false;
    element.dataset.visible = "";
    document.documentElement.dataset.toast = "";
    if (sentence) sentence.textContent = text;
    if (act instanceof HTMLElement) {
      act.textContent = label;
      act.hidden = label === "";
    }
    hideAfter(until - Date.now());
  }

  // What a page of the account had to tell when it led here.
  if (element.dataset.note) show({ text: element.dataset.note, act: "", onAct() {} });

  return {
    show,

    /** Does what its button does, if it is shown. */
    perform,
  };
}
