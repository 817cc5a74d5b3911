/** Work on parts of the page: what is in view first, what is about to come into view in time, the rest when idle. */

/** @type {Map<Element, () => void>} */
const waiting = new Map();
const soon = globalThis.requestIdleCallback ?? ((/** @type {() => void} */ work) => setTimeout(work, 50));
let planned = false;

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
  work();
}

function idle() {
  planned = false;
  perform([...waiting.keys()].at(-1));
  plan();
}

function plan() {
  if (planned || waiting.size === 0) return;
  planned = true;
  soon(idle);
}

function first() {
  for (const element of [...waiting.keys()].reverse()) {
    const { bottom } = element.getBoundingClientRect();
    if (bottom < -innerHeight) break;
    perform(element);
  }
  for (const element of waiting.keys()) observer?.observe(element);
  plan();
}

/**
 * @param {Element} element
 * @param {() => void} work is done once: before the next frame when the element is at the end of the page
 */
export function whenNear(element, work) {
  if (waiting.size === 0) queueMicrotask(first);
  waiting.set(element, work);
}

/** @param {Element} element whose work has been done otherwise */
export function forget(element) {
  waiting.delete(element);
  observer?.unobserve(element);
}
