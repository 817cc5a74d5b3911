/** The tree of branches: asks the server for another branch, deletes a turn, loads what was said before. */

import { knownOf, writing } from "../state/rendered.js";

/** @typedef {import("../api/api.js").Api} Api */
/** @typedef {import("../state/events.js").OpenConversation} Conversation */
/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/events.js").PageEvent} PageEvent */

const PAGE = 40;

/**
 * @param {object} parts
 * @param {Pick<Api, "conversation" | "change" | "deleteMessage" | "restoreMessage">} parts.api
 * @param {() => State} parts.current
 * @param {(event: PageEvent) => void} parts.dispatch gets `branch`, `earlier` and `versions`
 * @param {(key: () => string | undefined, change: () => void) => void} parts.around changes the thread, and a turn stays
 *   where it is on the screen: the one with this key before the change, and after it
 * @param {() => string} parts.edited the id of a question that is being edited; empty for none
 * @param {(generationId: string) => void} parts.onRunning the last turn of the branch is still being written
 */
export function createBranching({ api, current, dispatch, around, edited, onRunning }) {
  let looking = false;
  const conversation = () => current().conversationId ?? "";

  /**
   * @param {Conversation} end of a branch
   * @param {string} id of a turn in the page
   * @returns {boolean} whether the turn stays in the page where this end is shown
   */
  function holds({ messages }, id) {
    const { turns } = current();
    const joint = turns.findIndex((turn) => turn.id === messages[0]?.parent_id);
    return messages.some((message) => message.id === id) || turns.slice(0, joint + 1).some((turn) => turn.id === id);
  }

  /**
   * Shows the branch that the server tells the end of, unless another conversation was opened meanwhile.
   *
   * @param {string} id of the conversation
   * @param {Conversation} end
   * @param {() => string | undefined} stays the key of the turn that stays where it is
   * @param {string} [wanted] the id of a turn that has to be among them
   */
  async function show(id, { messages, more }, stays, wanted) {
    while (more && wanted && !messages.some((each) => each.id === wanted)) {
      const older = await api.conversation(id, { last: PAGE, before: messages[0]?.id });
      messages = [...older.messages, ...messages];
      more = older.more;
    }
    if (conversation() !== id) return;
    around(stays, () => dispatch({ type: "branch", messages: messages.map(knownOf), more }));
    const running = writing(messages.at(-1));
    if (current().phase === "idle" && running) onRunning(running);
  }

  return {
    /**
     * @param {string} id of the version to look at
     * @param {string} key of the turn it takes the place of
     * @returns {Promise<void>} throws ApiError
     */
    async choose(id, key) {
      const here = () => (current().turns.some((turn) => turn.key === key) ? key : current().turns.find((turn) => turn.id === id)?.key);
      const own = conversation();
      await show(own, await api.change(own, { leaf_id: id }, PAGE), here, id);
    },

    /**
     * @param {string} id of a question or an answer to it; all answers go with it, or only what followed this version
     * @param {"turn" | "version"} what
     * @param {string | undefined} before the key of the turn before, which stays
     * @returns {Promise<() => Promise<void>>} throws ApiError; what it returns brings it back, and does, too
     */
    async remove(id, what, before) {
      const own = conversation();
      const look = async () => show(own, await api.conversation(own, { last: PAGE }), () => before);
      await api.deleteMessage(own, id, what);
      await look();
      return async () => {
        await api.restoreMessage(own, id);
        if (conversation() === own) await look();
      };
    },

    /**
     * Shows what was asked in another tab or on another device.
     *
     * @param {number} [seen] when what the page knows was said, in milliseconds: nothing is changed if that is all
     * @returns {Promise<void>} throws ApiError
     */
    async catchUp(seen) {
      const own = conversation();
      const end = await api.conversation(own, { last: PAGE });
      if (Date.parse(end.updated_at) === seen) return;
      // Who is putting a question otherwise stays with it; what comes of it stands beside what was said meanwhile.
      const question = edited();
      if (question && !holds(end, question)) return;
      await show(own, end, () => current().turns.at(-1)?.key);
    },

    /**
     * Adds what was said before the first turn that is here. Where it fails, scrolling there again asks again.
     *
     * @returns {Promise<boolean>} whether something was added, and there is still more
     */
    async earlier() {
      const { more, turns } = current();
      const first = turns[0];
      if (!more || looking || !first?.id) return false;
      looking = true;
      try {
        const own = conversation();
        const page = await api.conversation(own, { last: PAGE, before: first.id });
        if (conversation() !== own) return false;
        const messages = page.messages.map(knownOf);
        around(() => first.key, () => dispatch({ type: "earlier", messages, more: page.more }));
        return page.more;
      } catch {
        return false;
      } finally {
        looking = false;
      }
    },

    /** Asks which versions there are of what has just been asked beside something older. */
    async learn() {
      if (!current().turns.slice(-2).some(({ siblings }) => siblings === null)) return;
      try {
        const own = conversation();
        const { messages } = await api.conversation(own, { last: 2 });
        if (conversation() === own) dispatch({ type: "versions", messages: messages.map(knownOf) });
      } catch {
        // The versions are all there after a reload.
      }
    },
  };
}
