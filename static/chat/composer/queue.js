/** Questions typed while an answer is being written: they stand above the box, and are asked one after the other. */

import { need, show } from "../page/dom.js";
import { keepQueue, readQueue } from "../state/queue.js";
import { recoveries } from "../thread/recovery.js";

/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/queue.js").Waiting} Waiting */

/**
 * @param {HTMLElement} list made by chat/queue.html; holds the template of an item
 * @param {object} parts
 * @param {() => State} parts.current
 * @param {(message: string) => boolean} parts.ask returns whether it was taken
 * @param {{ text: () => string, fill: (text: string) => void, focus: () => void }} parts.composer
 */
export function createQueue(list, { current, ask, composer }) {
  const template = need("template", HTMLTemplateElement, list);
  /** @type {Waiting[]} */
  let waiting = [];
  let place = "";
  let live = false;
  let count = 0;

  /** @param {Waiting} question */
  function item({ id, message }) {
    const made = need("li", HTMLElement, template.content).cloneNode(true);
    if (!(made instanceof HTMLElement)) throw new TypeError("The template holds no item.");
    made.dataset.id = id;
    need(".queue-text", HTMLElement, made).textContent = message;
    return made;
  }

  function draw() {
    const items = waiting.map(item);
    list.replaceChildren(template, ...items);
    show(list, items.length > 0);
    for (const [at, each] of items.entries()) {
      need(".queue-state", HTMLElement, each).textContent = live ? "Waiting" : "Not sent";
      show(need("[data-queue=ask]", HTMLElement, each), !live && at === 0);
    }
  }

  /** @param {Waiting[]} all */
  function keep(all) {
    waiting = all;
    keepQueue(place, waiting);
    draw();
  }

  /** @param {Waiting} question */
  function askNow(question) {
    if (ask(question.message)) keep(waiting.filter((each) => each !== question));
  }

  /** @param {Waiting} question goes back into the box; what stood there takes its place */
  function edit(question) {
    const typed = composer.text();
    const left = { id: question.id, message: typed };
    keep(waiting.flatMap((each) => (each !== question ? [each] : typed.trim() ? [left] : [])));
    composer.fill(question.message);
    composer.focus();
  }

  /** @type {Record<string, (question: Waiting) => void>} */
  const deeds = { ask: askNow, edit, remove: (question) => keep(waiting.filter((each) => each !== question)) };

  list.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    const question = waiting.find(({ id }) => id === button?.closest("li")?.dataset.id);
    if (!button || !question) return;
    deeds[button.dataset.queue ?? ""]?.(question);
    if (!button.isConnected && document.activeElement === document.body) composer.focus();
  });

  return {
    /**
     * @param {string} message
     * @returns {boolean} true: it was taken
     */
    add(message) {
      count += 1;
      keep([...waiting, { id: `${Date.now()}-${count}`, message }]);
      return true;
    },

    /**
     * The conversation has got its name.
     *
     * @param {string} conversation
     */
    begun(conversation) {
      keepQueue(place, []);
      place = conversation;
      keepQueue(place, waiting);
    },

    /** An answer has come to its end. Where something is to be done about it, what waits goes on waiting. */
    ended() {
      // Not before those who were told of the end have done with it.
      setTimeout(() => {
        const { phase, turns, conversationId } = current();
        const [last, first] = [turns.at(-1), waiting[0]];
        const whole = last?.status === "complete" && recoveries(last).length === 0;
        if (first && whole && phase === "idle" && place === (conversationId ?? "")) askNow(first);
      });
    },

    /** @param {string} conversation is in the page now; empty for a new one */
    opened(conversation) {
      place = conversation;
      waiting = readQueue(place);
      draw();
    },

    /** @param {State} state */
    update({ phase }) {
      if (live === (phase !== "idle")) return;
      live = phase !== "idle";
      draw();
    },
  };
}
