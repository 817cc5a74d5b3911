/** Fetches older conversations, page by page, when the end of the list comes into view. */

/** @typedef {import("./listing.js").Conversation} Conversation */
/** @typedef {import("./listing.js").ConversationPage} ConversationPage */

/**
 * @param {object} parts
 * @param {(cursor: string) => Promise<ConversationPage>} parts.request
 * @param {string | null} parts.cursor the end of what the list has; empty for the beginning; null if that is all
 * @param {(page: Conversation[], more: boolean) => void} parts.onPage
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

/**
 * @param {HTMLElement} sentinel stands at the list's end
 * @param {() => Promise<void>} onEnd
 */
export function watchEnd(sentinel, onEnd) {
  const observer = new IntersectionObserver(
    async (seen) => {
      if (!seen.some((each) => each.isIntersecting)) return;
      await onEnd();
      // An observer tells of changes only: seen anew, an end that is still in view is told again.
      observer.unobserve(sentinel);
      if (sentinel.isConnected) observer.observe(sentinel);
    },
    { root: sentinel.closest(".sidebar-list"), rootMargin: "400px" },
  );
  observer.observe(sentinel);
}
