/** The entries under a heading of the list, newest first; those far out of view are not in the page, so many at a time. */

import { firstOlder, updatedOf } from "./entry.js";

// All of a stretch is styled and laid out when it comes near: more would hold up who scrolls.
const MOST = 40;

/**
 * @param {HTMLElement} section
 * @param {HTMLElement} empty a list without entries, of which there are as many as it takes
 */
export function createRows(section, empty) {
  /** @type {HTMLElement[]} never one without entries between others; none where there are none */
  const stretches = [];

  /** @param {number} at before which one; their count for the end */
  function insert(at) {
    const made = empty.cloneNode();
    if (!(made instanceof HTMLElement)) throw new TypeError("The section holds no list.");
    section.insertBefore(made, stretches[at] ?? null);
    stretches.splice(at, 0, made);
    return made;
  }

  /** @param {HTMLElement} stretch has got or lost an entry: how high it is where it is not laid out */
  const measure = (stretch) => stretch.style.setProperty("--entries", String(stretch.childElementCount));

  /** @param {number} at of one that has grown too long; its older half goes on below it */
  function split(at) {
    const stretch = stretches[at];
    if (!stretch) return;
    const further = insert(at + 1);
    further.append(...[...stretch.children].slice(MOST / 2));
    measure(stretch);
    measure(further);
  }

  return {
    /**
     * @param {HTMLElement} entry
     * @param {number} updated when something was last said in it
     */
    place(entry, updated) {
      let [low, high] = [0, stretches.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (updatedOf(stretches[middle]?.lastElementChild) < updated) high = middle;
        else low = middle + 1;
      }
      const last = stretches.at(-1);
      // What is older than all stands at the end, in a stretch of its own where the last one is full.
      if (low === stretches.length && last && last.childElementCount < MOST) low -= 1;
      const stretch = stretches[low] ?? insert(low);
      stretch.insertBefore(entry, firstOlder(stretch, updated));
      // Moved, what has the focus would lose it.
      if (stretch.childElementCount > MOST && !stretch.contains(document.activeElement)) split(low);
      else measure(stretch);
    },

    /** @param {HTMLElement} entry one of its own; it is taken out */
    take(entry) {
      const at = stretches.findIndex((each) => each === entry.parentElement);
      const stretch = stretches[at];
      entry.remove();
      if (!stretch) return;
      if (stretch.firstElementChild) return measure(stretch);
      stretch.remove();
      stretches.splice(at, 1);
    },

    isEmpty: () => stretches.length === 0,
  };
}
