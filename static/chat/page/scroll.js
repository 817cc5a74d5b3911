/** Keeps what is read in view: the end of the thread until the reader scrolls up, then the place that was reached. */

/** @typedef {{ id: string, top: number }} Spot a message, and how far it is from the upper edge, in pixels */

const NEAR_PX = 8;
const AWAY_PX = 120;

/**
 * @param {HTMLElement} scroller
 * @param {HTMLElement} button the round one that leads back to the end
 */
export function createScroll(scroller, button) {
  let held = true;
  let lastTop = scroller.scrollTop;

  const distance = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;

  /** @param {boolean} visible */
  function showButton(visible) {
    // Said again, even the same makes the browser style it anew and draw one more frame.
    if (button.inert === !visible) return;
    button.toggleAttribute("data-visible", visible);
    button.inert = !visible;
  }

  scroller.addEventListener(
    "scroll",
    () => {
      // Only a movement upwards is the reader's wish: text that grows also takes the end further away.
      if (distance() <= NEAR_PX) held = true;
      else if (scroller.scrollTop < lastTop) held = false;
      lastTop = scroller.scrollTop;
      showButton(!held && distance() > AWAY_PX);
    },
    { passive: true },
  );

  function toEnd() {
    held = true;
    // A greeting is read from its beginning.
    if (scroller.querySelector("article")) scroller.scrollTop = scroller.scrollHeight;
    lastTop = scroller.scrollTop;
    showButton(false);
  }

  /** Lays out also what is far away, so that its size is known; two frames later it is remembered. */
  function layOut() {
    scroller.setAttribute("data-whole", "");
    requestAnimationFrame(() => requestAnimationFrame(() => scroller.removeAttribute("data-whole")));
  }

  button.addEventListener("click", toEnd);
  // The composer grows, the keyboard opens, a formula is drawn: the end stays where it was.
  const sizes = new ResizeObserver(() => held && toEnd());
  for (const each of [scroller, ...scroller.children]) sizes.observe(each);
  showButton(false);

  return {
    toEnd,

    /**
     * Changes the thread, and what is looked at stays where it is on the screen.
     *
     * @param {() => Element | null | undefined} looked what is looked at, before the change and after it
     * @param {() => void} change
     */
    around(looked, change) {
      held = false;
      layOut();
      const before = looked()?.getBoundingClientRect().top;
      change();
      const after = looked()?.getBoundingClientRect().top;
      if (before !== undefined && after !== undefined) scroller.scrollTop += after - before;
      lastTop = scroller.scrollTop;
      held = distance() <= NEAR_PX;
    },

    /** @param {Element} element is brought into view, and the end is let go */
    to(element) {
      held = false;
      layOut();
      element.scrollIntoView({ block: "center" });
      lastTop = scroller.scrollTop;
    },

    /** @returns {Spot | null} what is looked at; null for the end */
    spot() {
      const edge = scroller.getBoundingClientRect().top;
      const seen = [...scroller.querySelectorAll("article")].find((each) => each.getBoundingClientRect().bottom > edge);
      return held || !seen ? null : { id: seen.dataset.messageId ?? "", top: seen.getBoundingClientRect().top - edge };
    },

    /** @param {Spot | null} spot is looked at again; the end, where it is no longer there */
    back(spot) {
      const article = spot && scroller.querySelector(`article[data-message-id="${CSS.escape(spot.id)}"]`);
      if (!article) return toEnd();
      held = false;
      layOut();
      scroller.scrollTop += article.getBoundingClientRect().top - scroller.getBoundingClientRect().top - spot.top;
      lastTop = scroller.scrollTop;
    },

    /** To be called when the thread has changed. */
    update() {
      if (held) toEnd();
      else showButton(distance() > AWAY_PX);
    },
  };
}
