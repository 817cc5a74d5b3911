/** Work on parts of the page: what is in view at once, what is about to come into view in time, the rest when idle. */

import { whenIdle } from "./lazy.js";

/** @type {Map<Element, () => void>} */
const waiting = new Map();
let planned = false;
let asked = false;

const observer = globalThis.IntersectionObserver
  ? new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) if (isIntersecting) perform(target);
      },
      { rootMargin: "150% 0px" },
    )
  : null;

/** @param {Element | undefined} element */
function perform(element) {
  const work = element && waiting.get(element);
  if (!element || !work) return;
  waiting.delete(element);
  observer?.unobserve(element);
  if (element.isConnected) work();
}

function idle() {
  planned = false;
  perform([...waiting.keys()].at(-1));
  plan();
}

function plan() {
  if (planned || waiting.size === 0) return;
  planned = true;
  whenIdle(idle);
}

/** @param {Element} element */
function isSeen(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

function first() {
  asked = false;
  // All are looked at before anything changes: the page is laid out once.
  for (const element of [...waiting.keys()].filter(isSeen)) perform(element);
  for (const element of waiting.keys()) observer?.observe(element);
  plan();
}

/**
 * @param {Element} element
 * @param {() => void} work is done once: before the next frame when the element is in view
 */
export function whenNear(element, work) {
  if (!asked) queueMicrotask(first);
  asked = true;
  waiting.set(element, work);
}

/** @param {Element} element whose work has been done otherwise */
export function forget(element) {
  waiting.delete(element);
  observer?.unobserve(element);
}
