/** Gives a conversation another title, in place: Enter saves, Escape leaves it as it was. */

import { isComposing } from "../page/dom.js";


const LONGEST_TITLE = 200;

/**
 * @param {HTMLElement} entry holds a link or a button that is the title
 * @param {(title: string) => void} onSave only if there is a title, and another one
 */
export function rename(entry, onSave) {
  const link = /** @type {HTMLElement | null} */ (entry.querySelector("a, button"));
  if (!link) return;
  const before = link.textContent?.trim() ?? "";
  const box = document.createElement("input");
  box.className = "entry-title";
  box.value = before;
  box.maxLength = LONGEST_TITLE;
  box.dir = "auto";
  box.setAttribute("aria-label", "Title");
  let done = false;

  /** @param {boolean} save */
  function end(save) {
    if (done) return;
    done = true;
    const title = box.value.trim();
    const focused = box === document.activeElement;
    box.remove();
    entry.removeAttribute("data-renaming");
    if (focused) link?.focus();
    // What happened to it meanwhile may have given it another place.
    entry.dispatchEvent(new Event("renamed", { bubbles: true }));
    if (save && title && title !== before) onSave(title);
  }

  box.addEventListener("keydown", (event) => {
    if (isComposing(event) || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    end(event.key === "Enter");
  });
  box.addEventListener("blur", () => end(true));
  entry.dataset.renaming = "";
  link.before(box);
  box.focus();
  box.select();
}
