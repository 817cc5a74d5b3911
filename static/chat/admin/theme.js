/** The admin has the theme that was chosen in the app, and what is chosen there holds in the app. Runs before Django's own. */

(() => {
  const YEAR_SECONDS = 365 * 24 * 3600;
  try {
    localStorage.setItem("theme", /(?:^|; )theme=(light|dark)(?:;|$)/.exec(document.cookie)?.[1] ?? "auto");
    addEventListener("click", ({ target }) => {
      if (!(target instanceof Element) || !target.closest(".theme-toggle")) return;
      const chosen = localStorage.getItem("theme") ?? "auto";
      const theme = chosen === "auto" ? "system" : chosen;
      document.cookie = `theme=${theme}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax`;
    });
  } catch {
    // Storage may be forbidden; then the admin looks as the system does.
  }
})();
