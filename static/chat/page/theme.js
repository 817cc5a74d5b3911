/** Light, dark, or as the system has it; figures or none: kept in cookies, so that the server renders the next page that way. */

import { setCookie } from "./cookie.js";

/** @param {HTMLElement} choice with role menuitemcheckbox: whether figures stand under answers */
export function createFiguresChoice(choice) {
  choice.addEventListener("click", () => {
    const shown = choice.getAttribute("aria-checked") !== "true";
    choice.setAttribute("aria-checked", String(shown));
    document.documentElement.toggleAttribute("data-figures", !shown);
    if (!shown) document.documentElement.dataset.figures = "off";
    setCookie("figures", shown ? "" : "off");
  });
}

/** @param {NodeListOf<HTMLElement>} choices with role menuitemradio */
export function createTheme(choices) {
  const root = document.documentElement;

  function refresh() {
    const theme = root.dataset.theme ?? "system";
    for (const each of choices) each.setAttribute("aria-checked", String(each.dataset.themeChoice === theme));
  }

  for (const each of choices) {
    each.addEventListener("click", () => {
      const theme = each.dataset.themeChoice ?? "system";
      if (theme === "system") delete root.dataset.theme;
      else root.dataset.theme = theme;
      setCookie("theme", theme);
      refresh();
    });
  }
  refresh();
}
