/** The list from which a model is chosen: searched, grouped, by keyboard, mouse or finger. It opens at any button. */

import { need, show } from "../page/dom.js";
import { isCoarse } from "../page/pointer.js";
import { grouped } from "./model-search.js";

/** @typedef {import("./model-search.js").Choice} Choice */

// So many can be looked over without a search.
const FEW = 8;
const EDGE_PX = 8;
const GAP_PX = 4;

/**
 * @param {HTMLElement} element made by chat/models.html
 * @param {HTMLTemplateElement} template
 * @param {{ choices: Choice[], recent: string[] }} data `recent` may change
 * @param {(name: string, favourite: boolean) => Promise<unknown>} onFavourite
 */
export function createModelList(element, template, data, onFavourite) {
  const { choices } = data;
  const search = need("input", HTMLInputElement, element);
  const box = need(".models-search", HTMLElement, element);
  const list = need(".models-list", HTMLElement, element);
  const none = need(".models-none", HTMLElement, element);
  const groupOf = need(".models-group", HTMLElement, template.content);
  const rowOf = need(".model", HTMLElement, template.content);
  show(box, choices.length > FEW);
  /** @type {HTMLElement | null} the button at which it is open */
  let anchor = null;
  let chosen = "";
  /** @type {(model: string) => void} */
  let choose = () => {};

  /** @returns {HTMLButtonElement[]} */
  const buttons = () => [...list.querySelectorAll("button.model-choose")].filter((each) => each instanceof HTMLButtonElement);

  /** @param {HTMLElement | undefined | null} button which the Tab key leads to, with its star */
  function rove(button) {
    for (const each of list.querySelectorAll("button")) each.tabIndex = -1;
    for (const each of button?.closest("li")?.querySelectorAll("button") ?? []) each.tabIndex = 0;
  }

  /**
   * @param {Choice} choice
   * @returns {HTMLElement}
   */
  function row(choice) {
    const made = /** @type {HTMLElement} */ (rowOf.cloneNode(true));
    const button = need(".model-choose", HTMLButtonElement, made);
    const star = need(".model-star", HTMLButtonElement, made);
    button.value = star.value = choice.name;
    if (choice.name === chosen) button.setAttribute("aria-current", "true");
    need(".model-name", HTMLElement, made).textContent = choice.name;
    need(".model-price", HTMLElement, made).textContent = choice.price;
    const about = need(".model-about", HTMLElement, made);
    about.textContent = [choice.about, ...choice.abilities].filter(Boolean).join(" · ");
    show(about, about.textContent !== "");
    star.setAttribute("aria-pressed", String(choice.favourite));
    star.setAttribute("aria-label", `Favourite: ${choice.name}`);
    star.title = choice.favourite ? "Not a favourite any more" : "Keep among the favourites";
    return made;
  }

  function draw() {
    const groups = grouped(choices, data.recent, search.value);
    const made = groups.map(({ title, choices: those }) => {
      const group = /** @type {HTMLElement} */ (groupOf.cloneNode(true));
      need("h3", HTMLElement, group).textContent = title;
      need("ul", HTMLElement, group).append(...those.map(row));
      return group;
    });
    list.replaceChildren(...made);
    show(none, groups.length === 0);
    rove(buttons().find((each) => each.hasAttribute("aria-current")) ?? buttons()[0]);
  }

  /** @param {HTMLElement} button */
  function stand(button) {
    const [at, own] = [button.getBoundingClientRect(), element.getBoundingClientRect()];
    const below = at.bottom + GAP_PX;
    const room = innerHeight - below - EDGE_PX;
    const above = at.top - GAP_PX - EDGE_PX;
    const top = own.height <= room || room >= above ? below : Math.max(EDGE_PX, at.top - GAP_PX - own.height);
    element.style.setProperty("--left", `${Math.max(EDGE_PX, Math.min(at.left, innerWidth - own.width - EDGE_PX))}px`);
    element.style.setProperty("--top", `${top}px`);
    element.style.setProperty("--room", `${Math.max(room, above)}px`);
  }

  /** @param {{ refocus?: boolean }} [how] */
  function close({ refocus = true } = {}) {
    const from = anchor;
    if (!from) return;
    anchor = null;
    element.hidePopover();
    from.setAttribute("aria-expanded", "false");
    if (refocus) from.focus({ preventScroll: true });
  }

  /** @param {number} by */
  function move(by) {
    const all = buttons();
    const at = all.findIndex((each) => each.closest("li")?.contains(document.activeElement));
    const to = at < 0 ? (by > 0 ? all[0] : all.at(-1)) : all[at + by];
    if (!to) return by < 0 && !box.hidden && search.focus();
    rove(to);
    to.focus();
  }

  /** @type {Record<string, () => void>} */
  const keys = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Escape: close };

  element.addEventListener("keydown", (event) => {
    const first = event.target === search && event.key === "Enter" ? buttons()[0] : null;
    const act = first ? () => first.click() : keys[event.key];
    if (!act || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  search.addEventListener("input", draw);
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !element.contains(relatedTarget) && relatedTarget !== anchor) close({ refocus: false });
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (anchor && target instanceof Node && !element.contains(target) && !anchor.contains(target)) close({ refocus: false });
  });

  /** @param {HTMLButtonElement} star */
  async function mark(star) {
    const choice = choices.find(({ name }) => name === star.value);
    if (!choice) return;
    choice.favourite = !choice.favourite;
    // The row that was pressed stands where it stood; the groups above are made anew when it opens again.
    star.setAttribute("aria-pressed", String(choice.favourite));
    try {
      await onFavourite(choice.name, choice.favourite);
    } catch {
      choice.favourite = !choice.favourite;
      star.setAttribute("aria-pressed", String(choice.favourite));
    }
  }

  list.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    if (!(button instanceof HTMLButtonElement)) return;
    if (button.classList.contains("model-star")) return void mark(button);
    close();
    choose(button.value);
  });

  return {
    close,

    /**
     * @param {HTMLElement} button at which it opens; pressed again, it closes
     * @param {string} model that is chosen now
     * @param {(model: string) => void} onChoose
     */
    toggle(button, model, onChoose) {
      const same = anchor === button;
      close({ refocus: same });
      if (same) return;
      anchor = button;
      chosen = model;
      choose = onChoose;
      search.value = "";
      draw();
      button.setAttribute("aria-expanded", "true");
      element.showPopover();
      stand(button);
      const current = list.querySelector("[aria-current]");
      current?.scrollIntoView({ block: "nearest" });
      // A keyboard on the screen would hide half of the list.
      const typed = !box.hidden && !isCoarse();
      const first = typed ? search : (current ?? buttons()[0]);
      if (first instanceof HTMLElement) first.focus({ preventScroll: true });
    },
  };
}
