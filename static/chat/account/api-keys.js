/** Copies a new key; without a script it can be selected. */

import { copyText } from "../page/clipboard.js";

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!(button instanceof HTMLButtonElement)) continue;
  const field = document.getElementById(button.dataset.copy ?? "");
  if (!(field instanceof HTMLInputElement)) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.textContent = (await copyText(field.value)) ? "Copied" : "Select it to copy";
  });
  field.addEventListener("focus", () => field.select());
}
