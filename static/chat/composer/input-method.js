/** Whether a key belongs to an input method that is composing: then Enter picks a word (229 is how Safari says so). */

/** @param {KeyboardEvent} event */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;
