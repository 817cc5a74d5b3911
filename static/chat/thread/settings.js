/** The drawer with a conversation's settings: saved as they are changed, kept in the page until there is a conversation. */

import { given } from "../state/conversation-settings.js";
import { NAMES, fieldOf, problemsOf, valuesOf } from "./settings-fields.js";
import { need } from "../page/dom.js";
import { spent } from "./cost.js";

/** @typedef {import("../state/events.js").OpenConversation} Conversation */
/** @typedef {import("../state/conversation-settings.js").Values} Values */

const PAUSE_MS = 600;
const NEUTRAL = "1";

/**
 * @param {HTMLDialogElement} dialog made by chat/settings.html
 * @param {object} parts
 * @param {() => Values | null} parts.kept what was set for a new conversation; null where there is nothing, or one has begun
 * @param {(values: Values | null) => void} parts.keep remembers it while there is no conversation, or forgets it
 * @param {() => Promise<Conversation> | null} parts.load null while there is no conversation
 * @param {(changes: Partial<Values>) => Promise<unknown> | null} parts.save null while there is no conversation
 */
export function createSettings(dialog, { kept, keep, load, save }) {
  const form = need("form", HTMLFormElement, dialog);
  const prompt = need("[name=system_prompt]", HTMLTextAreaElement, form);
  const slider = need("[type=range]", HTMLInputElement, form);
  const exact = need("[name=temperature]", HTMLInputElement, form);
  const limit = need("[name=max_tokens]", HTMLInputElement, form);
  const line = need("[role=status]", HTMLElement, form);
  const total = need(".settings-total", HTMLElement, form);
  const inputs = { system_prompt: prompt, temperature: exact, max_tokens: limit };
  const typed = () => ({ system_prompt: prompt.value, temperature: exact.value, max_tokens: limit.value });
  const values = () => valuesOf(typed());
  /** @type {Partial<Record<keyof Values, string>>} what the server would not take */
  let refused = {};
  /** @type {Values} what the server has */
  let saved = values();
  let begunWith = "";
  // Counts the conversations that were in the page: what comes late for another one is not told.
  let place = 0;
  let saving = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @returns {Partial<Values>} those that can be taken */
  function valid() {
    const wrong = problemsOf(typed());
    return Object.fromEntries(Object.entries(values()).filter(([name]) => !(name in wrong)));
  }

  /** @returns {Partial<Values>} */
  function changes() {
    const known = Object.entries(saved);
    return Object.fromEntries(Object.entries(valid()).filter(([name, value]) => !known.some(([n, v]) => n === name && v === value)));
  }

  function show() {
    const { temperature } = values();
    slider.value = Number.isNaN(temperature) ? NEUTRAL : String(temperature ?? NEUTRAL);
    slider.toggleAttribute("data-default", temperature === null);
    slider.setAttribute("aria-valuetext", exact.value || "Default");
  }

  /** What cannot be taken is told where it stands. */
  function complain() {
    const wrong = { ...refused, ...problemsOf(typed()) };
    for (const name of NAMES) {
      const words = need(`#${name}-error`, HTMLElement, form);
      words.textContent = wrong[name] ?? "";
      words.hidden = !wrong[name];
      if (wrong[name]) inputs[name].setAttribute("aria-invalid", "true");
      else inputs[name].removeAttribute("aria-invalid");
    }
  }

  async function saveNow() {
    complain();
    const changed = changes();
    if (Object.keys(changed).length === 0) return;
    const request = save(changed);
    const own = place;
    if (!request) {
      line.textContent = "Applies from your first message on.";
      return;
    }
    try {
      await request;
      if (own !== place) return;
      saved = { ...saved, ...changed };
      // What was changed meanwhile is saved next.
      line.textContent = Object.keys(changes()).length > 0 ? "" : "Saved";
    } catch (error) {
      const message = error instanceof Error ? error.message : "";
      const name = fieldOf(message);
      if (name) refused = { [name]: message.replace(`\`${name}\``, "text") };
      complain();
      line.textContent = name ? "Not saved." : `Not saved. ${message}`;
    }
  }

  function saveSoon(pause = PAUSE_MS) {
    clearTimeout(timer);
    // One after the other, so that the last one wins.
    timer = setTimeout(() => (saving = saving.then(saveNow)), pause);
  }

  /** @param {Partial<Values>} known */
  function fill({ system_prompt = "", temperature = null, max_tokens = null }) {
    prompt.value = system_prompt;
    exact.value = String(temperature ?? "");
    limit.value = String(max_tokens ?? "");
    refused = {};
    complain();
    show();
  }

  /** @param {Conversation} conversation */
  function tell(conversation) {
    total.textContent = spent(conversation.usage);
    // What was typed meanwhile is newer.
    if (Object.keys(changes()).length > 0) return;
    fill(conversation);
    saved = values();
  }

  slider.addEventListener("input", () => (exact.value = slider.value));
  need("[data-default]", HTMLElement, form).addEventListener("click", () => {
    exact.value = "";
    exact.dispatchEvent(new Event("input", { bubbles: true }));
    saveSoon(0);
  });
  form.addEventListener("input", () => {
    keep({ ...saved, ...valid() });
    line.textContent = "";
    refused = {};
    // What was wrong is looked at again at once; what is new, when its typing pauses.
    if (form.querySelector("[aria-invalid]")) complain();
    show();
    saveSoon();
  });
  form.addEventListener("change", () => saveSoon(0));
  dialog.addEventListener("close", () => saveSoon(0));
  // A click beside the drawer closes it; Escape also stops an answer, but here it only closes.
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
  fill(kept() ?? saved);

  return {
    /** The drawer was opened. */
    begin() {
      line.textContent = "";
      // Another tab may have changed them.
      const own = place;
      load()?.then((conversation) => own === place && tell(conversation), () => {});
    },

    /** @returns {Partial<Values>} what a new conversation begins with */
    opening() {
      begunWith = prompt.value;
      return given(valid());
    },

    /** What was changed and not yet saved is saved now: another conversation takes the page. */
    leave() {
      clearTimeout(timer);
      const changed = changes();
      if (Object.keys(changed).length > 0) save(changed)?.catch(() => {});
      place += 1;
    },

    /** @param {Partial<Values>} conversation is in the page now */
    opened(conversation) {
      total.textContent = "";
      fill(conversation);
      saved = values();
      fill(kept() ?? saved);
    },

    /** The conversation exists: its system prompt came with the first question, the rest can be saved now. */
    begun() {
      keep(null);
      saved = { ...saved, system_prompt: begunWith };
      saveSoon(0);
    },
  };
}
