/** Deletes a conversation, once its owner has said yes. */

import { ApiError } from "./request.js";

/**
 * @param {object} parts
 * @param {(title: string) => Promise<boolean>} parts.ask
 * @param {(id: string) => Promise<void>} parts.request
 * @param {(id: string) => void} parts.onRemoved
 * @param {(id: string) => void} parts.onFailed
 */
export function createRemoval({ ask, request, onRemoved, onFailed }) {
  /**
   * @param {string} id
   * @param {string} title
   */
  return async function remove(id, title) {
    if (!(await ask(title))) return;
    try {
      await request(id);
    } catch (error) {
      // Gone already is what was wanted.
      if (!(error instanceof ApiError && error.status === 404)) return onFailed(id);
    }
    onRemoved(id);
  };
}
