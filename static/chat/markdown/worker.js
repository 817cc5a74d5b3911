/** Workers beside the page: each does one thing at a time, and is ended when that takes too long. */

/** What the page's policy takes as the address of a worker: these and no others. */
const ADDRESSES = {
  highlighter: new URL("highlighter.js", import.meta.url).href,
  reader: new URL("reader.js", import.meta.url).href,
};
const FETCH_MS = 30_000;

/** @typedef {keyof typeof ADDRESSES} Name */

/**
 * It can be made once.
 *
 * @type {{ createScriptURL: (name: string) => string } | null}
 */
let policy = null;

/** @param {string} name */
function address(name) {
  if (!Object.hasOwn(ADDRESSES, name)) throw new TypeError("There is no such worker.");
  return ADDRESSES[/** @type {Name} */ (name)];
}

/** @param {Name} name */
function start(name) {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  policy ??= trustedTypes?.createPolicy("workers", { createScriptURL: address });
  return new Worker(policy?.createScriptURL(name) ?? address(name), { type: "module" });
}

/**
 * A worker that is started when it is first asked. It answers with `"begun"` once all it needs is there, with what it has
 * found, piece by piece, and with `"done"` or `"failed"`.
 *
 * @param {Name} name
 * @param {number} most milliseconds from one word of its to the next, once it has begun
 */
export function createWorker(name, most) {
  /** @type {Worker | null} */
  let worker = null;
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();

  /**
   * @param {unknown} question
   * @param {(piece: any) => void} take
   * @returns {Promise<void>}
   */
  function askNow(question, take) {
    const asked = (worker ??= start(name));
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        clearTimeout(timer);
        asked.terminate();
        worker = null;
        reject(new Error("The worker took too long."));
      };
      let timer = setTimeout(giveUp, FETCH_MS);
      asked.onerror = giveUp;
      asked.onmessage = ({ data }) => {
        clearTimeout(timer);
        if (data === "done") return resolve();
        if (data === "failed") return reject(new Error("The worker could not read it."));
        timer = setTimeout(giveUp, most);
        if (data !== "begun") take(data);
      };
      asked.postMessage(question);
    });
  }

  /**
   * @param {unknown} question
   * @param {(piece: any) => void} take is called with each piece
   * @returns {Promise<void>} after what was asked before it; rejects where there is no answer, or it takes too long
   */
  return function ask(question, take) {
    const answered = last.then(() => askNow(question, take));
    last = answered.catch(() => {});
    return answered;
  };
}
