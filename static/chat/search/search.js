/** The dialog that finds conversations. Source of its keys: WAI-ARIA Authoring Practices, "Combobox". */

import { clock } from "../thread/timestamp.js";
import { resultsOf } from "./results.js";
import { createQuery } from "./query.js";
import { isComposing, need } from "../page/dom.js";

/** @typedef {import("../state/events.js").Conversation} Conversation */
/** @typedef {import("../state/events.js").Piece} Piece */
/** @typedef {import("./results.js").Finding} Finding */

const NEAR_END_PX = 400;

/**
 * @param {Piece[]} pieces
 * @returns {(HTMLElement | string)[]}
 */
function marked(pieces) {
  return pieces.map(([text, isHit]) => {
    if (!isHit) return text;
    const mark = document.createElement("mark");
    mark.textContent = text;
    return mark;
  });
}

/**
 * @param {HTMLDialogElement} dialog holds a combobox, a listbox, a [role=status] and the template of an option
 * @param {object} parts
 * @param {(query: string, signal: AbortSignal, cursor?: string) => Promise<import("../api/conversations.js").ConversationPage>} parts.request
 * @param {() => Conversation[]} parts.recent what is offered before anything is typed
 * @param {(href: string) => void} parts.go
 */
export function createSearch(dialog, { request, recent, go }) {
  const box = need("[role=combobox]", HTMLInputElement, dialog);
  const list = need("[role=listbox]", HTMLElement, dialog);
  const notice = need("[role=status]", HTMLElement, dialog);
  const template = need("template", HTMLTemplateElement, dialog);
  const finder = createQuery({
    request,
    onFound: (conversations, query, near) => {
      const exact = resultsOf(conversations);
      const found = [...exact, ...resultsOf(near).map((each) => ({ ...each, isNear: true }))];
      const none = near.length > 0 ? `Nothing has “${query}”; this comes near` : `Nothing found for “${query}”`;
      show(found, exact.length > 0 ? "" : none);
      shown = query;
      if (eager) follow(list.firstElementChild);
    },
    onMore: (conversations) => list.append(...resultsOf(conversations).map((each, at) => option(each, list.children.length + at))),
    onFailed: (message) => show([], message),
  });
  let chosen = -1;
  // What the list is the answer to, and whether its first line is wanted as soon as it comes.
  let shown = "";
  let eager = false;

  /** @param {number} place */
  function choose(place) {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = place;
    const option = list.children[chosen];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) box.setAttribute("aria-activedescendant", option.id);
    else box.removeAttribute("aria-activedescendant");
  }

  /**
   * @param {Finding} finding
   * @param {number} place
   */
  function option({ href, title, snippet, at, isNear = false }, place) {
    const made = need("li", HTMLElement, template.content).cloneNode(true);
    if (!(made instanceof HTMLElement)) throw new TypeError("The template holds no option.");
    made.id = `${list.id}-${place}`;
    made.dataset.href = href;
    made.toggleAttribute("data-further", title.length === 0);
    for (const [name, pieces] of /** @type {[string, Piece[]][]} */ ([["title", title], ["snippet", snippet]])) {
      const part = need(`.found-${name}`, HTMLElement, made);
      part.append(...marked(pieces));
      part.hidden = pieces.length === 0;
    }
    const time = need("time", HTMLTimeElement, made);
    time.dateTime = at;
    time.textContent = at ? clock(new Date(at), new Date()) : "";
    made.toggleAttribute("data-near", isNear);
    return made;
  }

  /**
   * @param {Finding[]} found
   * @param {string} [message]
   */
  function show(found, message = "") {
    list.replaceChildren(...found.map(option));
    list.scrollTop = 0;
    list.hidden = found.length === 0;
    box.setAttribute("aria-expanded", String(found.length > 0));
    notice.textContent = message;
    choose(found.length > 0 ? 0 : -1);
  }

  function look() {
    const query = box.value.trim();
    // What was found before stays until there is something else: nothing flickers.
    if (query) return finder.find(query);
    finder.cancel();
    show(resultsOf(recent()));
    shown = "";
  }

  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowDown: () => choose((chosen + 1) % list.children.length),
    ArrowUp: () => choose((chosen <= 0 ? list.children.length : chosen) - 1),
    Enter() {
      eager = box.value.trim() !== shown;
      if (!eager) follow(list.children[chosen]);
    },
  };

  /** @param {Element | null | undefined} wanted */
  function follow(wanted) {
    if (!(wanted instanceof HTMLElement)) return;
    dialog.close();
    go(wanted.dataset.href ?? "/");
  }

  box.addEventListener("input", () => {
    eager = false;
    look();
  });
  box.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || isComposing(event)) return;
    event.preventDefault();
    act();
  });
  list.addEventListener("click", ({ target }) => follow(target instanceof Element ? target.closest("li") : null));
  list.addEventListener("scroll", () => {
    if (list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END_PX) finder.more();
  });
  // A press on a line must not take the focus out of the box.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  dialog.addEventListener("close", () => {
    eager = false;
    finder.cancel();
  });
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());

  return {
    /** The dialog was opened; something may have been typed already. */
    begin: look,
  };
}
