/** Keeps the end of the thread in view until the reader scrolls up, and brings it back on request. */

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
    scroller.scrollTop = scroller.scrollHeight;
    lastTop = scroller.scrollTop;
    showButton(false);
  }

  button.addEventListener("click", toEnd);
  // The composer grows, the keyboard opens: the end stays where it was.
  new ResizeObserver(() => held && toEnd()).observe(scroller);
  showButton(false);

  return {
    toEnd,

    /** To be called when the thread has changed. */
    update() {
      if (held) toEnd();
      else showButton(distance() > AWAY_PX);
    },
  };
}
