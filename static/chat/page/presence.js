/** Notices when the page is left, comes back or is looked at again, and when the network is back. */

const LOOKED_AWAY_MS = 5000;

/**
 * @param {object} handlers
 * @param {() => void} handlers.onLeave the page is left, perhaps to come back from the browser's cache
 * @param {() => void} handlers.onReturn it has come back
 * @param {() => void} handlers.onWake it is looked at again
 * @param {() => void} handlers.onOnline the network is back
 */
export function watchPresence({ onLeave, onReturn, onWake, onOnline }) {
  addEventListener("pagehide", onLeave);
  addEventListener("pageshow", ({ persisted }) => persisted && onReturn());
  addEventListener("online", onOnline);
  document.addEventListener("visibilitychange", () => document.hidden || onWake());
}

/**
 * For what a page should hold only while it is looked at: a browser has few connections to one server.
 *
 * @param {{ start: () => void, stop: () => void }} held
 */
export function whileSeen({ start, stop }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let away;

  function look() {
    clearTimeout(away);
    if (document.hidden) away = setTimeout(stop, LOOKED_AWAY_MS);
    else start();
  }

  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", stop);
  addEventListener("pageshow", look);
  look();
}
