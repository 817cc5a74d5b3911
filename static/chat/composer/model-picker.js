/** The choice of the model. */

import { need } from "../page/dom.js";
import { readStored, writeStored } from "../state/storage.js";
import { createModelList } from "./model-list.js";

const KEPT_AS = "model";

/**
 * @param {HTMLButtonElement} button
 * @param {object} parts
 * @param {() => boolean} parts.isNew whether the page holds no conversation yet
 * @param {(model: string) => void} parts.onChoose
 * @param {(name: string, favourite: boolean) => Promise<unknown>} parts.onFavourite
 */
export function createModelPicker(button, { isNew, onChoose, onFavourite }) {
  const echoes = document.querySelectorAll("[data-model]");
  /** @type {NodeListOf<HTMLElement>} what is said where a model is chosen, or where none is */
  const sentences = document.querySelectorAll("[data-named], [data-unnamed]");
  // Says that a conversation's model may not be used any more.
  const note = need("#model-note", HTMLElement);
  const element = need("#models", HTMLElement);
  const data = JSON.parse(element.dataset.models ?? "");
  /** @type {string[]} */
  const names = data.choices.map((/** @type {import("./model-search.js").Choice} */ { name }) => name);
  const list = createModelList(element, need("#models-template", HTMLTemplateElement), data, onFavourite);
  let chosen = button.dataset.chosen ?? "";
  let fresh = button.dataset.fresh ?? "";

  /** @param {string} model */
  function show(model) {
    chosen = model;
    button.dataset.chosen = model;
    button.setAttribute("aria-label", `Model: ${model || "none chosen"}`);
    for (const echo of echoes) echo.textContent = model || "Choose a model";
    for (const each of sentences) each.hidden = ("named" in each.dataset) !== (model !== "");
  }

  /** @returns {string} what was chosen for a new conversation before a reload, or else what one begins with */
  function first() {
    const kept = readStored(KEPT_AS);
    return names.includes(kept) ? kept : fresh;
  }

  /** @param {string} model */
  function take(model) {
    note.hidden = true;
    show(model);
    if (isNew()) writeStored(KEPT_AS, model);
    onChoose(model);
  }

  const open = () => list.toggle(button, chosen, take);
  button.addEventListener("click", open);
  if (isNew()) show(first());

  return {
    /** @returns {string} empty when there is no model */
    chosen: () => chosen,

    /** @param {string | null} model of the conversation in the page; where it may not be used, what a new one begins with */
    set(model) {
      list.close({ refocus: false });
      const known = names.includes(model ?? "");
      show(known ? (model ?? "") : model ? fresh : first());
      note.hidden = known || !model;
      note.textContent = note.hidden ? "" : `You cannot use ${model} any more. Your next question goes to ${chosen || "no model"}.`;
    },

    /** A question was asked: new conversations begin with the same model. */
    asked() {
      fresh = chosen;
      data.recent = [chosen, ...data.recent.filter((/** @type {string} */ each) => each !== chosen)].slice(0, 4);
      writeStored(KEPT_AS, null);
      note.hidden = true;
    },

    /** @returns {boolean} whether a question can go somewhere; if not, whoever asks is to choose now */
    ready() {
      if (!chosen && names.length) open();
      return chosen !== "" || names.length === 0;
    },

    /** The same list at another button, for another deed. */
    openAt: list.toggle,

    open,
  };
}
