/** Notices that a reader comes near the beginning of what is there. */

const NEAR = "800px 0px 0px 0px";

/**
 * @param {HTMLElement} sentinel stands before the thread
 * @param {() => Promise<void>} onNear is done when it has brought more, or could not
 */
export function watchBeginning(sentinel, onNear) {
  const observer = new IntersectionObserver(
    async (seen) => {
      if (!seen.some((each) => each.isIntersecting)) return;
      await onNear();
      // An observer tells of changes only: seen anew, a beginning that is still in view is told again.
      observer.unobserve(sentinel);
      observer.observe(sentinel);
    },
    { root: sentinel.parentElement, rootMargin: NEAR },
  );
  observer.observe(sentinel);
}
