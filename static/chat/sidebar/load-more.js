/** Fetches older conversations, page by page. */

/** @typedef {import("../state/events.js").Conversation} Conversation */
/** @typedef {import("../api/conversations.js").ConversationPage} ConversationPage */

/**
 * @param {object} parts
 * @param {(cursor: string) => Promise<ConversationPage>} parts.request
 * @param {string | null} parts.cursor the end of what the list has; empty for the beginning; null if that is all
 * @param {(page: Conversation[], more: boolean) => void} parts.onPage
 */
export function createLoadMore({ request, cursor, onPage }) {
  let loading = false;

  return {
    /** @returns {boolean} whether the beginning was asked for */
    begun: () => cursor !== "",

    /** @returns {Promise<boolean>} whether it brought some, and there are still more */
    async more() {
      if (cursor === null || loading) return false;
      loading = true;
      try {
        const page = await request(cursor);
        cursor = page.next_cursor;
        onPage(page.conversations, cursor !== null);
        return cursor !== null;
      } catch {
        // Scrolling there again asks again.
        return false;
      } finally {
        loading = false;
      }
    },
  };
}
