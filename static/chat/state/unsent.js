/** Questions that the server has not confirmed: remembered until it has, or until nobody wants them sent any more. */

import { readStored, writeStored } from "./storage.js";

/**
 * @typedef {object} Unsent
 * @property {string} requestId
 * @property {string} message
 * @property {string | null} parentId the answer that it was asked below
 * @property {string} model
 * @property {string} createdAt ISO 8601
 */

/** @param {string} conversation an id, or empty for a new one */
const nameOf = (conversation) => `unsent:${conversation}`;

/**
 * @param {string} conversation
 * @returns {Unsent[]} in the order in which they were asked
 */
export const readUnsent = (conversation) => readStored(nameOf(conversation)) ?? [];

/**
 * @param {string} conversation
 * @param {Unsent[]} all
 */
const write = (conversation, all) => writeStored(nameOf(conversation), all.length > 0 ? all : null);

/**
 * @param {string} conversation
 * @param {Unsent} question
 */
export function keepUnsent(conversation, question) {
  forgetUnsent(conversation, question.requestId);
  write(conversation, [...readUnsent(conversation), question]);
}

/**
 * @param {string} conversation
 * @param {string} requestId
 */
export function forgetUnsent(conversation, requestId) {
  write(conversation, readUnsent(conversation).filter((each) => each.requestId !== requestId));
}

/**
 * What was asked before there was a conversation belongs to the one that has begun.
 *
 * @param {string} conversation
 */
export function moveUnsent(conversation) {
  const waiting = readUnsent("");
  if (waiting.length === 0) return;
  write(conversation, [...readUnsent(conversation), ...waiting]);
  write("", []);
}
