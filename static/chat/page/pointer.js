/** What the reader points with. Few lines, because several rooms ask for nothing but that. */

const coarse = globalThis.matchMedia?.("(pointer: coarse)");

/** @returns {boolean} whether it is a finger: then a keyboard on the screen takes half of it, and Enter has no Shift */
export const isCoarse = () => coarse?.matches ?? false;
