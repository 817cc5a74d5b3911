/** Deletes a conversation at once, and for a while offers to bring it back. */

import { readStored, writeStored } from "../state/storage.js";
import { ApiError } from "../api/request.js";

/** @typedef {import("../state/events.js").Conversation} Conversation */
/** @typedef {{ id: string, title: string, until: number, open: boolean }} Gone `open`: it was the one in the page */

const KEPT_AS = "deleted";
const OFFERED_MS = 10_000;

/**
 * @param {object} parts
 * @param {(id: string) => Promise<void>} parts.request
 * @param {(id: string) => Promise<Conversation>} parts.restore
 * @param {ReturnType<typeof import("../page/toast.js").createToast>} parts.toast
 * @param {(gone: Gone) => void} parts.onRemoved
 * @param {(conversation: Conversation, gone: Gone) => void} parts.onRestored
 */
export function createDeleteUndo({ request, restore, toast, onRemoved, onRestored }) {
  /** @type {Gone[]} what can be brought back, the last one first to come */
  let all = [];

  /** Offers what was deleted last; what was deleted before it waits its turn. */
  function offer() {
    const gone = all.at(-1);
    if (!gone) return;
    const others = all.length > 1 ? ` and ${all.length - 1} more` : "";
    toast.show({ text: `Deleted “${gone.title}”${others}`, act: "Undo", until: gone.until, onAct: () => bringBack(gone) });
  }

  /** @param {Gone} gone */
  async function bringBack(gone) {
    all = all.filter((each) => each !== gone).map((each) => ({ ...each, until: Date.now() + OFFERED_MS }));
    offer();
    try {
      const conversation = await restore(gone.id);
      if (gone.open) writeStored(KEPT_AS, all);
      onRestored(conversation, gone);
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
      all = [...all.filter(({ until }) => until > Date.now()), gone];
      if (open) writeStored(KEPT_AS, all);
      else offer();
      onRemoved(gone);
    },

    /** Goes on offering what the page before this one had begun to. */
    resume() {
      const kept = readStored(KEPT_AS) ?? [];
      writeStored(KEPT_AS, null);
      all = kept.filter((/** @type {Gone} */ { until }) => until > Date.now());
      offer();
    },
  };
}
