/** Drafts: what was typed and not sent yet survives a reload of the tab. */

import { readStored, writeStored } from "./storage.js";

/** @param {string} place a conversation's id, or empty for a new one */
const nameOf = (place) => `draft:${place}`;

/**
 * @param {string} question the id of one that is being edited
 * @returns {string} the place of the words it is edited to
 */
export const editOf = (question) => `edit:${question}`;

/**
 * @param {string} place
 * @returns {string}
 */
export const readDraft = (place) => readStored(nameOf(place)) ?? "";

/**
 * @param {string} place
 * @param {string} text empty to forget it
 */
export const keepDraft = (place, text) => writeStored(nameOf(place), text);
