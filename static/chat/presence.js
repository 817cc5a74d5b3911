/** Whether somebody is there to read, and whether there is a network. */

/**
 * @param {object} handlers
 * @param {() => void} handlers.onLeave the page is left, perhaps to come back from the browser's cache
 * @param {() => void} handlers.onReturn it has come back
 * @param {() => void} handlers.onWake it is looked at again, or the network is back
 */
export function watchPresence({ onLeave, onReturn, onWake }) {
  addEventListener("pagehide", onLeave);
  addEventListener("pageshow", ({ persisted }) => persisted && onReturn());
  addEventListener("online", onWake);
  document.addEventListener("visibilitychange", () => document.hidden || onWake());
}
