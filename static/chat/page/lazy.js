/** Parts of the page that are fetched when they are first wanted, or when there is nothing else to do. */

/** @type {(work: () => void) => void} */
export const whenIdle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 50));

/**
 * @template T
 * @param {() => Promise<T>} fetch
 * @returns {() => Promise<T>} the part; asked for again where it could not be fetched
 */
export function lazy(fetch) {
  /** @type {Promise<T> | null} */
  let part = null;
  return () => {
    part ??= fetch().catch((error) => {
      part = null;
      throw error;
    });
    return part;
  };
}

/** @param {(() => Promise<unknown>)[]} parts that somebody may want at any moment */
export function fetchWhenIdle(parts) {
  whenIdle(async () => {
    for (const part of parts) await part().catch(() => {});
  });
}
