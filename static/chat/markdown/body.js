/** What shows a text of a message: Markdown for what a model answers, code between fences for what a person asks, everything else as it was written. */

import { allRead } from "./apart.js";
import { drawn as formulasDrawn } from "./katex.js";
import { createMarkdown } from "./markdown.js";
import { createOwnText } from "./own-text.js";
import { createPlainText } from "./plain-text.js";

/** @param {HTMLElement} element of an article that knows its role */
export function createBody(element) {
  if (element.matches('[data-role="assistant"] > .text')) return createMarkdown(element);
  return element.matches('[data-role="user"] > .text') ? createOwnText(element) : createPlainText(element);
}

/** @returns {Promise<unknown>} when the long answers and the formulas that the page had are there, or cannot be */
export const drawn = () => Promise.all([allRead(), formulasDrawn()]);
