/** When there is nothing else to do. */

/** @type {(work: () => void) => void} */
export const whenIdle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 50));
