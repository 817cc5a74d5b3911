/** Markdown for what a model answers, plain text for everything else. Few lines, because the thread is given it by main.js. */

import { allRead } from "./apart.js";
import { drawn as formulasDrawn } from "./katex.js";
import { createMarkdown } from "./markdown.js";
import { createPlainText } from "./plain-text.js";

/** @param {Element} element of an article that knows its role */
export const createBody = (element) =>
  element.matches('[data-role="assistant"] > .text') ? createMarkdown(element) : createPlainText(element);

/** @returns {Promise<unknown>} when the long answers and the formulas that the page had are there, or cannot be */
export const drawn = () => Promise.all([allRead(), formulasDrawn()]);
