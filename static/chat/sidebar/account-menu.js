/** The account menu; signing out clears what the tab remembers. */

import { forgetOthers } from "../state/storage.js";
import { need } from "../page/dom.js";
import { createMenu } from "../page/menu.js";
import { createTheme } from "../page/theme.js";
import { setCookie } from "../page/cookie.js";

/** @param {HTMLElement} choice with role menuitemcheckbox: whether figures stand under answers */
function watchFigures(choice) {
  choice.addEventListener("click", () => {
    const shown = choice.getAttribute("aria-checked") !== "true";
    choice.setAttribute("aria-checked", String(shown));
    if (shown) delete document.documentElement.dataset.figures;
    else document.documentElement.dataset.figures = "off";
    setCookie("figures", shown ? "" : "off");
  });
}

/**
 * @param {Record<string, () => void>} deeds by the `data-do` of the menu's items
 */
export function createAccountMenu(deeds) {
  const menu = need("#user-menu", HTMLElement);
  const button = need("#user-button", HTMLElement);
  const popup = createMenu(menu, (what) => deeds[what]?.());
  button.addEventListener("click", () => popup.toggle(button));
  // What one person typed is not for the next one at this tab.
  need("form", HTMLFormElement, menu).addEventListener("submit", () => sessionStorage.clear());
  forgetOthers();
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    // A browser that heeds no `no-store` has kept it whole; whether it may still be shown, the server knows.
    document.body.hidden = true;
    location.reload();
  });
  watchFigures(need("[data-figures-choice]", HTMLElement, menu));
  createTheme(menu.querySelectorAll("[data-theme-choice]"));
}
