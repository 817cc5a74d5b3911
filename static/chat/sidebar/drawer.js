/** Opens and closes the sidebar: a column on wide screens, an overlay on narrow ones. */

import { setCookie } from "../page/cookie.js";

const EDGE_PX = 28;
const SWIPE_PX = 56;

/**
 * @param {object} parts
 * @param {HTMLElement} parts.sidebar
 * @param {HTMLElement} parts.thread what the overlay covers
 * @param {HTMLElement} parts.scrim
 * @param {NodeListOf<HTMLElement>} parts.buttons
 */
export function createDrawer({ sidebar, thread, scrim, buttons }) {
  const root = document.documentElement;
  const narrow = matchMedia("(max-width: 767px)");
  let overlaid = false;

  const open = () => (narrow.matches ? overlaid : root.dataset.sidebar !== "closed");

  function refresh() {
    root.toggleAttribute("data-overlaid", narrow.matches && overlaid);
    sidebar.inert = !open();
    thread.inert = narrow.matches && overlaid;
    for (const button of buttons) button.setAttribute("aria-expanded", String(open()));
  }

  /** @param {boolean} wanted */
  function set(wanted) {
    if (narrow.matches) overlaid = wanted;
    else {
      // A cookie, so that the server already renders the next page this way.
      root.dataset.sidebar = wanted ? "open" : "closed";
      setCookie("sidebar", root.dataset.sidebar);
    }
    refresh();
    const button = [...buttons].find((each) => sidebar.contains(each) === wanted);
    button?.focus({ preventScroll: true });
  }

  for (const button of buttons) button.addEventListener("click", () => set(!open()));
  scrim.addEventListener("click", () => set(false));
  document.addEventListener("keydown", (event) => {
    // What lies above the overlay is closed first.
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key !== "Escape" || !narrow.matches || !overlaid) return;
    event.preventDefault();
    set(false);
  });
  narrow.addEventListener("change", () => {
    overlaid = false;
    refresh();
  });

  /** @type {{ x: number, y: number } | null} */
  let touch = null;
  document.addEventListener(
    "touchstart",
    ({ touches: [first] }) => {
      touch = first && narrow.matches && (overlaid || first.clientX < EDGE_PX) ? { x: first.clientX, y: first.clientY } : null;
    },
    { passive: true },
  );
  document.addEventListener(
    "touchend",
    ({ changedTouches: [last] }) => {
      if (!touch || !last) return;
      const [right, down] = [last.clientX - touch.x, Math.abs(last.clientY - touch.y)];
      if (Math.abs(right) > SWIPE_PX && Math.abs(right) > down && right > 0 !== overlaid) set(right > 0);
    },
    { passive: true },
  );

  refresh();

  return {
    toggle: () => set(!open()),

    /** Something else is in the thread: what lies over it has done its work. */
    uncover() {
      if (narrow.matches && overlaid) set(false);
    },
  };
}
