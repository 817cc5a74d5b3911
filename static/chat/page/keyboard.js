/** Reads the page's shortcuts from the keyboard, and shows them all in a sheet. */

import { setCookie } from "./cookie.js";
import { need } from "./dom.js";
import { SHORTCUTS, keyName, shortcutFor } from "./shortcuts.js";

const SINGLE_KEYS = "single-keys";
const TYPED_IN = "input, textarea, select, [contenteditable]";

/** @param {HTMLDialogElement} sheet */
function fill(sheet) {
  const apple = /Mac|iPhone|iPad/.test(navigator.platform);
  const template = need("template", HTMLTemplateElement, sheet);
  const [group, row] = [need("section", HTMLElement, template.content), need(".shortcut", HTMLElement, template.content)];
  const place = need("[data-shortcuts]", HTMLElement, sheet);
  for (const { title, shortcuts } of SHORTCUTS) {
    const section = /** @type {HTMLElement} */ (group.cloneNode(true));
    need("h3", HTMLElement, section).textContent = title;
    const rows = shortcuts.map(({ keys, label }) => {
      const made = /** @type {HTMLElement} */ (row.cloneNode(true));
      need("dt", HTMLElement, made).textContent = label;
      const names = keys.map((key) => {
        const name = document.createElement("kbd");
        name.textContent = keyName(key, apple);
        return name;
      });
      need("dd", HTMLElement, made).append(...names);
      return made;
    });
    need("dl", HTMLElement, section).replaceChildren(...rows);
    place.append(section);
  }
}

/**
 * @param {HTMLDialogElement} sheet
 * @param {Record<string, () => void>} deeds by what the table in shortcut.js calls them; `sheet` is known here
 */
export function createKeyboard(sheet, deeds) {
  // Whoever speaks to the machine, or hits keys by mistake, needs them off: WCAG 2.1.4.
  const single = need("input", HTMLInputElement, sheet);
  single.checked = !document.cookie.includes(`${SINGLE_KEYS}=off`);
  single.addEventListener("change", () => setCookie(SINGLE_KEYS, single.checked ? "" : "off"));

  function showSheet() {
    if (!sheet.querySelector("[data-shortcuts]")?.hasChildNodes()) fill(sheet);
    sheet.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const typing = event.target instanceof Element && event.target.matches(TYPED_IN);
    const does = shortcutFor(event, typing, single.checked);
    const act = does === "sheet" ? showSheet : deeds[does ?? ""];
    if (!act) return;
    event.preventDefault();
    act();
  });
  sheet.addEventListener("click", ({ target }) => target === sheet && sheet.close());

  return { showSheet };
}
