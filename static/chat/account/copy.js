/** Copies what is shown once: a key, a link; without a script it can be selected. */

import { copyText } from "../page/clipboard.js";

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!(button instanceof HTMLButtonElement)) continue;
  const shown = document.getElementById(button.dataset.copy ?? "");
  if (!shown) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = shown instanceof HTMLInputElement ? shown.value : (shown.textContent ?? "");
    button.textContent = (await copyText(text)) ? "Copied" : "Select it to copy";
  });
  if (shown instanceof HTMLInputElement) shown.addEventListener("focus", () => shown.select());
}
