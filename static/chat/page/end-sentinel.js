/** Notices that a reader comes near an end of what is there, where there may be more. */

/**
 * @param {HTMLElement} sentinel stands at that end
 * @param {{ root: Element | null, rootMargin: string }} where what scrolls, and how near is near
 * @param {() => Promise<boolean>} onNear brings more; true if it has, and there may be still more
 * @returns {() => void} to be called when there may be more again: looks whether the end is in view
 */
export function watchEndSentinel(sentinel, where, onNear) {
  const observer = new IntersectionObserver(async (seen) => {
    if (!seen.some((each) => each.isIntersecting) || !(await onNear())) return;
    look();
  }, where);

  function look() {
    // An observer tells of changes only: seen anew, an end that is still in view is told again.
    observer.unobserve(sentinel);
    if (sentinel.isConnected) observer.observe(sentinel);
  }

  look();
  return look;
}
