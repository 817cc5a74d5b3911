/** A question being edited in its own place. */

import { isComposing, need } from "../page/dom.js";
import { isCoarse } from "../page/pointer.js";

/**
 * @param {HTMLTemplateElement} template holds chat/editor.html
 * @param {HTMLElement} article of the question
 * @param {object} parts
 * @param {string} parts.text
 * @param {boolean} parts.focus whether it takes the focus
 * @param {(text: string) => boolean} parts.onSave returns whether the text was taken
 * @param {(text: string) => void} parts.onInput
 * @param {() => void} parts.onCancel
 */
export function openEditor(template, article, { text, focus, onSave, onInput, onCancel }) {
  const open = article.querySelector(".editor textarea");
  if (open instanceof HTMLElement) return focus ? open.focus() : undefined;
  const form = /** @type {HTMLFormElement} */ (need("form", HTMLFormElement, template.content).cloneNode(true));
  const box = need("textarea", HTMLTextAreaElement, form);
  const save = need(".save", HTMLButtonElement, form);

  function fit() {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
    save.disabled = box.value.trim() === "";
  }

  function close() {
    onCancel();
    form.remove();
    article.removeAttribute("data-editing");
    need("[data-action=edit]", HTMLElement, article).focus({ preventScroll: true });
  }

  box.addEventListener("input", () => {
    fit();
    onInput(box.value);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) {
      // Escape also stops an answer; here it means something nearer.
      event.preventDefault();
      close();
    }
    if (event.target !== box || event.key !== "Enter" || event.shiftKey || isComposing(event) || isCoarse()) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (box.value.trim() !== "") onSave(box.value);
  });
  need(".cancel", HTMLButtonElement, form).addEventListener("click", close);

  if (isCoarse()) box.enterKeyHint = "enter";
  box.value = text;
  article.setAttribute("data-editing", "");
  need(".text", HTMLElement, article).after(form);
  fit();
  if (focus) box.focus();
}
