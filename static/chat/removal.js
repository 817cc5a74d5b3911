/** Deletes a conversation at once, and for a while offers to bring it back. */

import { ApiError } from "./request.js";

/** @typedef {import("./listing.js").Conversation} Conversation */
/** @typedef {{ id: string, title: string, until: number, open: boolean }} Gone `open`: it was the one in the page */

const KEPT_AS = "deleted";
const OFFERED_MS = 10_000;

/** @returns {Gone | null} what was deleted right before this page was opened */
function taken() {
  try {
    const kept = sessionStorage.getItem(KEPT_AS);
    sessionStorage.removeItem(KEPT_AS);
    return kept ? JSON.parse(kept) : null;
  } catch {
    return null;
  }
}

/** @param {Gone} gone */
function keep(gone) {
  try {
    sessionStorage.setItem(KEPT_AS, JSON.stringify(gone));
  } catch {
    // Storage may be full or forbidden; then the next page offers nothing.
  }
}

/**
 * @param {object} parts
 * @param {(id: string) => Promise<void>} parts.request
 * @param {(id: string) => Promise<Conversation>} parts.restore
 * @param {ReturnType<typeof import("./toast.js").createToast>} parts.toast
 * @param {(gone: Gone) => void} parts.onRemoved
 * @param {(conversation: Conversation, gone: Gone) => void} parts.onRestored
 */
export function createRemoval({ request, restore, toast, onRemoved, onRestored }) {
  /** @param {Gone} gone */
  function offer(gone) {
    toast.show({ text: `Deleted “${gone.title}”`, act: "Undo", until: gone.until, onAct: () => bringBack(gone) });
  }

  /** @param {Gone} gone */
  async function bringBack(gone) {
    try {
      onRestored(await restore(gone.id), gone);
    } catch (error) {
      const late = error instanceof ApiError && error.status === 404;
      if (late) toast.show({ text: "It is too late to bring this back.", act: "", onAct() {} });
      else toast.show({ text: "Could not be brought back.", act: "Try again", onAct: () => bringBack(gone) });
    }
  }

  return {
    /**
     * @param {{ id: string, title: string }} conversation
     * @param {boolean} open whether it is the one in the page, which is then left
     */
    async remove({ id, title }, open) {
      try {
        await request(id);
      } catch (error) {
        // Gone already is what was wanted.
        if (!(error instanceof ApiError && error.status === 404)) {
          const again = () => this.remove({ id, title }, open);
          return toast.show({ text: "Could not be deleted.", act: "Try again", onAct: again });
        }
      }
      const gone = { id, title, until: Date.now() + OFFERED_MS, open };
      if (open) keep(gone);
      else offer(gone);
      onRemoved(gone);
    },

    /** Goes on offering what the page before this one had begun to. */
    resume() {
      const gone = taken();
      if (gone && gone.until > Date.now()) offer(gone);
    },
  };
}
