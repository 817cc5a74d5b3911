/** Fetches older conversations, page by page. */

/** @typedef {import("./api.js").ConversationEntry} ConversationEntry */
/** @typedef {import("./api.js").ConversationPage} ConversationPage */

/**
 * @param {object} parts
 * @param {(cursor: string) => Promise<ConversationPage>} parts.request
 * @param {string | null} parts.cursor the end of what the server rendered; null if that is all
 * @param {(page: ConversationEntry[], more: boolean) => void} parts.onPage
 */
export function createOlder({ request, cursor, onPage }) {
  let loading = false;

  return {
    async more() {
      if (cursor === null || loading) return;
      loading = true;
      try {
        const page = await request(cursor);
        cursor = page.next_cursor;
        onPage(page.conversations, cursor !== null);
      } catch {
        // Scrolling there again asks again.
      } finally {
        loading = false;
      }
    },
  };
}
