/** Questions that wait for an answer to end: remembered by the tab until they are asked. */

import { readStored, writeStored } from "./storage.js";

/** @typedef {{ id: string, message: string }} Waiting */

/** @param {string} conversation an id, or empty for a new one */
const nameOf = (conversation) => `queue:${conversation}`;

/**
 * @param {string} conversation
 * @returns {Waiting[]} in the order in which they will be asked
 */
export const readQueue = (conversation) => readStored(nameOf(conversation)) ?? [];

/**
 * @param {string} conversation
 * @param {Waiting[]} all
 */
export const keepQueue = (conversation, all) => writeStored(nameOf(conversation), all.length > 0 ? all : null);
