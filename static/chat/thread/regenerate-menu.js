/** The menu of Regenerate: which model answers, the same or another. */

import { need } from "../page/dom.js";
import { createMenu } from "../page/menu.js";

/**
 * @param {HTMLElement} element made by chat/choice.html
 * @param {() => string[]} models those that may be used
 */
export function createRegenerateMenu(element, models) {
  const same = need("button", HTMLButtonElement, element);
  const label = need("p", HTMLElement, element);
  /** @type {(model: string) => void} */
  let choose = () => {};
  const menu = createMenu(element, (model) => choose(model));

  /** @param {string} model */
  function item(model) {
    const made = /** @type {HTMLElement} */ (same.cloneNode());
    made.dataset.do = model;
    made.textContent = model;
    return made;
  }

  return {
    close: menu.close,

    /**
     * @param {HTMLElement} button
     * @param {string} model that wrote the answer
     * @param {(model: string) => void} onChoose
     */
    open(button, model, onChoose) {
      const known = models();
      const others = known.filter((each) => each !== model);
      const first = known.includes(model) ? [same] : [];
      element.replaceChildren(...first, label, ...others.map(item));
      same.dataset.do = model;
      same.textContent = `Again with ${model}`;
      label.hidden = others.length === 0;
      choose = onChoose;
      menu.toggle(button);
    },
  };
}
