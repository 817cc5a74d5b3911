/** A menu of what can be done, which opens at a button. Source of its keys: WAI-ARIA Authoring Practices, "Menu Button". */

const EDGE_PX = 8;
const GAP_PX = 4;

/**
 * @param {HTMLElement} menu with role menu and popover=manual; what can be chosen has `data-do`
 * @param {(what: string) => void} onChoose
 */
export function createMenu(menu, onChoose) {
  /** @type {HTMLElement | null} the button at which it is open */
  let anchor = null;

  /** @returns {HTMLElement[]} */
  const items = () => [...menu.querySelectorAll("[role^=menuitem]")].filter((item) => item instanceof HTMLElement);
  const place = () => items().findIndex((item) => item === document.activeElement);
  /** @param {number} at counted from the end if negative */
  const focusItem = (at) => items().at(at % items().length)?.focus();

  /** @param {{ refocus?: boolean }} [how] */
  function close({ refocus = true } = {}) {
    const from = anchor;
    if (!from) return;
    anchor = null;
    menu.hidePopover();
    from.setAttribute("aria-expanded", "false");
    if (refocus) from.focus({ preventScroll: true });
  }

  /** @param {HTMLElement} button */
  function stand(button) {
    const [at, own] = [button.getBoundingClientRect(), menu.getBoundingClientRect()];
    const toLeft = (menu.dataset.align === "end") !== (getComputedStyle(menu).direction === "rtl");
    const left = toLeft ? at.right - own.width : at.left;
    const below = at.bottom + GAP_PX;
    const top = below + own.height + EDGE_PX <= innerHeight ? below : at.top - GAP_PX - own.height;
    menu.style.left = `${Math.max(EDGE_PX, Math.min(left, innerWidth - own.width - EDGE_PX))}px`;
    menu.style.top = `${Math.max(EDGE_PX, top)}px`;
  }

  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowDown: () => focusItem(place() + 1),
    ArrowUp: () => focusItem(place() - 1),
    Home: () => focusItem(0),
    End: () => focusItem(-1),
    Escape: close,
  };

  menu.addEventListener("keydown", (event) => {
    if (event.key === "Tab") return close();
    const move = keys[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  });
  menu.addEventListener("click", ({ target }) => {
    const item = target instanceof Element ? target.closest("[role^=menuitem]") : null;
    // What is switched can be looked at before the next.
    if (!(item instanceof HTMLElement) || item.getAttribute("role") !== "menuitem") return;
    close();
    if (item.dataset.do) onChoose(item.dataset.do);
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (anchor && target instanceof Node && !menu.contains(target) && !anchor.contains(target)) close({ refocus: false });
  });
  addEventListener("resize", () => close({ refocus: false }));

  return {
    /** @param {HTMLElement} button */
    toggle(button) {
      const same = anchor === button;
      close({ refocus: same });
      if (same) return;
      anchor = button;
      button.setAttribute("aria-expanded", "true");
      menu.showPopover();
      stand(button);
      focusItem(0);
    },

    close,
  };
}
