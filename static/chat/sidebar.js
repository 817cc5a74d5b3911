/** The list of conversations, newest first. */

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./api.js").ConversationEntry} ConversationEntry */

/**
 * @param {HTMLElement} list
 * @param {object} parts
 * @param {HTMLTemplateElement} parts.template holds chat/entry.html
 * @param {HTMLElement} parts.sentinel comes into view when the list's end does
 * @param {(id: string, title: string) => void} parts.onDelete
 * @param {() => void} parts.onEnd
 */
export function createSidebar(list, { template, sentinel, onDelete, onEnd }) {
  /**
   * @param {string} id
   * @returns {HTMLElement | null}
   */
  function entryOf(id) {
    return list.querySelector(`[data-conversation-id="${CSS.escape(id)}"]`);
  }

  /**
   * @param {HTMLElement} entry
   * @param {string} title
   */
  function name(entry, title) {
    const link = entry.querySelector("a");
    if (!link || link.textContent === title) return;
    link.textContent = title;
    link.title = title;
  }

  /**
   * @param {ConversationEntry} conversation
   * @returns {HTMLElement}
   */
  function made({ id, title }) {
    const entry = template.content.querySelector("li")?.cloneNode(true);
    if (!(entry instanceof HTMLElement)) throw new TypeError("The template holds no entry.");
    entry.dataset.conversationId = id;
    const link = entry.querySelector("a");
    if (link) {
      link.id = `entry-${id}`;
      link.href = `/c/${id}`;
      // Described, not named, by the title: a name that holds any word there is would be found by all of them.
      entry.querySelector("button")?.setAttribute("aria-describedby", link.id);
    }
    name(entry, title || "New chat");
    return entry;
  }

  list.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const entry = button?.closest("li");
    const id = entry?.dataset.conversationId;
    if (entry && id) onDelete(id, entry.querySelector("a")?.textContent ?? "");
  });

  const observer = new IntersectionObserver(
    (seen) => {
      if (seen.some((each) => each.isIntersecting)) onEnd();
    },
    { root: list.parentElement, rootMargin: "200px" },
  );
  observer.observe(sentinel);

  /** @type {number} */
  let turnsBefore = -1;

  return {
    /** @param {State} state */
    update({ conversationId: id, title, turns }) {
      if (!id) return;
      const known = entryOf(id);
      const entry = known ?? made({ id, title });
      // What was said last stands first; merely opening a conversation does not move it.
      const spoken = turnsBefore >= 0 && turns.length > turnsBefore;
      if ((!known || spoken) && list.firstElementChild !== entry) list.prepend(entry);
      turnsBefore = turns.length;
      entry.querySelector("a")?.setAttribute("aria-current", "page");
      if (title) name(entry, title);
    },

    /**
     * @param {ConversationEntry[]} conversations older than those in the list, or already in it
     * @param {boolean} more whether still older ones can be had
     */
    add(conversations, more) {
      list.append(...conversations.filter(({ id }) => !entryOf(id)).map(made));
      // An observer tells of changes only: seen anew, an end that is still in view is told again.
      observer.unobserve(sentinel);
      if (more) observer.observe(sentinel);
    },

    /** @param {string} id of a conversation that could not be deleted */
    complain(id) {
      const note = entryOf(id)?.querySelector("[role=status]");
      if (note) note.textContent = "Could not be deleted. Try again.";
    },

    /** @param {string} id */
    remove(id) {
      entryOf(id)?.remove();
    },
  };
}
