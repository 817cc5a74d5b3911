/** Light, dark, or as the system has it; kept in a cookie, so that the server renders the next page that way. */

import { setCookie } from "./cookie.js";

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
