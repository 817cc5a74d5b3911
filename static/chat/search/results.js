/** What a search found, in the order and the lines in which it is shown. Pure. */

/** @typedef {import("../state/events.js").Conversation} Conversation */
/** @typedef {import("../state/events.js").Piece} Piece */

/**
 * @typedef {object} Finding one line to choose
 * @property {string} id of the conversation
 * @property {string} href
 * @property {Piece[]} title empty where the line belongs to the conversation above it
 * @property {Piece[]} snippet empty if only the title has the words
 * @property {string} at when it was said; of a title, when something was last said there
 * @property {boolean} [isNear] it holds what is nearly the words
 */

const UNTITLED = "New chat";

/**
 * @param {Conversation[]} conversations newest first
 * @returns {Finding[]} those whose title has the words first; further places in a conversation follow it
 */
export function resultsOf(conversations) {
  const titled = (/** @type {Conversation} */ { hits = [] }) => hits.some((hit) => hit.message_id === null);
  const ordered = [...conversations.filter(titled), ...conversations.filter((each) => !titled(each))];
  return ordered.flatMap(({ id, title, updated_at, hits = [] }) => {
    const named = hits.find((hit) => hit.message_id === null)?.snippet ?? [/** @type {Piece} */ ([title || UNTITLED, false])];
    const places = hits.filter((hit) => hit.message_id !== null);
    if (places.length === 0) return [{ id, href: `/c/${id}`, title: named, snippet: [], at: updated_at }];
    return places.map(({ message_id, snippet, created_at }, place) => {
      return { id, href: `/c/${id}?at=${message_id}`, title: place === 0 ? named : [], snippet, at: created_at ?? updated_at };
    });
  });
}
