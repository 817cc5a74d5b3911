/** Opens conversations in the page that is there: as links ask for it, and the browser's Back and Forward. */

/** @typedef {import("../state/events.js").OpenConversation} Conversation */
/** @typedef {import("./scroll.js").Spot} Spot */
/** @typedef {{ spot: Spot | null, count: number }} Left how a conversation was left: what was looked at, of how many turns */

// More than a screen: what goes before comes while it is read.
const PAGE = 16;
const MOST = 1000;

/**
 * @param {URL} address
 * @returns {string | null} the id of the conversation that can be opened in place, empty for a new one; null where only
 *   the server knows what is there
 */
export function opens({ origin, pathname, search, hash }) {
  const found = /^\/(?:c\/([0-9a-f-]{36}))?$/.exec(pathname);
  return found && origin === location.origin && !search && !hash ? (found[1] ?? "") : null;
}

/** @param {MouseEvent} event */
function linkOf({ target, button, defaultPrevented, ctrlKey, metaKey, shiftKey, altKey }) {
  const link = target instanceof Element ? target.closest("a[href]") : null;
  const plain = button === 0 && !defaultPrevented && !ctrlKey && !metaKey && !shiftKey && !altKey;
  return plain && link instanceof HTMLAnchorElement && !link.target && !link.hasAttribute("download") ? link : null;
}

/**
 * @param {object} parts
 * @param {(id: string, last: number) => Promise<Conversation>} parts.load
 * @param {() => string} parts.current the id of the conversation in the page; empty for a new one
 * @param {() => Left} parts.left
 * @param {(conversation: Conversation | null, spot: Spot | null) => void} parts.show null for a new conversation
 * @param {HTMLElement} parts.thread is marked while it waits
 */
export function createNavigation({ load, current, left, show, thread }) {
  /** @type {Map<string, Left>} */
  const places = new Map();
  const address = () => location.pathname + location.search;
  let here = address();
  // Only what was asked for last is shown.
  let asked = {};

  /**
   * @param {string} id
   * @param {URL} wanted
   * @param {{ returns?: boolean }} [how] whether the browser has gone there already, on its way back or forward
   */
  async function open(id, wanted, { returns = false } = {}) {
    const own = (asked = {});
    const place = returns ? places.get(id) : undefined;
    thread.setAttribute("aria-busy", "true");
    /** @type {Conversation | null} */
    let found = null;
    try {
      if (id) found = await load(id, Math.min(MOST, Math.max(PAGE, place?.count ?? 0)));
    } catch {
      // The server has a page for whatever it is.
      if (own === asked) returns ? location.reload() : location.assign(wanted);
      return;
    }
    if (own !== asked) return;
    cancel();
    places.set(current(), left());
    if (returns || wanted.href === location.href) history.replaceState(null, "", wanted);
    else history.pushState(null, "", wanted);
    here = address();
    show(found, place?.spot ?? null);
  }

  function cancel() {
    asked = {};
    thread.removeAttribute("aria-busy");
  }

  /** @param {string} href */
  function go(href) {
    const wanted = new URL(href, location.href);
    const id = opens(wanted);
    if (id === null) location.assign(wanted);
    else open(id, wanted);
  }

  document.addEventListener("click", (event) => {
    const link = linkOf(event);
    if (!link || opens(new URL(link.href)) === null) return;
    event.preventDefault();
    go(link.href);
  });
  addEventListener("popstate", () => {
    // A place within the thread has the same address, and so has what was not left yet.
    if (address() === here) return cancel();
    const id = opens(new URL(location.href));
    if (id === null) location.reload();
    else open(id, new URL(location.href), { returns: true });
  });

  return {
    go,

    /** Something is said where one is: nothing else shall take its place. */
    cancel,

    /** @param {string} id of the conversation in the page, which may have had none, or have been led to a message */
    name(id) {
      history.replaceState(null, "", `/c/${id}`);
      here = address();
    },
  };
}
