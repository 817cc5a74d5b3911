/** Fetches older conversations, page by page. */

/** @typedef {import("./api.js").ConversationEntry} ConversationEntry */
/** @typedef {import("./api.js").ConversationPage} ConversationPage */

/**
 * @param {object} parts
 * @param {(cursor: string) => Promise<ConversationPage>} parts.request
 * @param {boolean} parts.expected whether there are more than the server rendered
 * @param {(page: ConversationEntry[], more: boolean) => void} parts.onPage
 */
export function createOlder({ request, expected, onPage }) {
  /** @type {string | null} the first page is asked for again: what the server rendered carries no cursor */
  let cursor = expected ? "" : null;
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
