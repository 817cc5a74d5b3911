/** A request to this server, and what a refusal says. */

/** @typedef {ReturnType<typeof createRequest>} Request */

/** A request that did not succeed. `message` is a sentence for a person; `status` is 0 when no answer came. */
export class ApiError extends Error {
  /**
   * @param {string} type
   * @param {string} message
   * @param {number} status
   * @param {{ body?: Record<string, any>, retryAt?: string | null }} [more] all that the server said; from when on it may
   *   be asked again, ISO 8601
   */
  constructor(type, message, status, { body = {}, retryAt = null } = {}) {
    super(message);
    this.type = type;
    this.status = status;
    this.body = body;
    this.retryAt = retryAt;
  }
}

const UNREACHABLE = "The server cannot be reached. Check your connection.";

/** @type {Record<number, string>} */
const SENTENCES = {
  401: "You are signed out. To go on, sign in again: what you wrote is kept.",
  403: "This page is out of date. Reload it, then try again.",
  404: "This is no longer here.",
  413: "This message is too long.",
  429: "Too many requests at once. Wait a moment, then try again.",
};

/**
 * @param {Response} response
 * @returns {string | null} when it wants to be asked again, ISO 8601
 */
function retryTime({ headers }) {
  const seconds = Number(headers.get("Retry-After") ?? NaN);
  return Number.isFinite(seconds) ? new Date(Date.now() + seconds * 1000).toISOString() : null;
}

/**
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
async function refusal(response) {
  const sentence = SENTENCES[response.status] ?? `The server answered with an error (${response.status}).`;
  try {
    const body = await response.json();
    const { type, message } = body.error;
    // Programs are told about API keys; a person has to sign in.
    if (response.status === 401) return new ApiError(type, SENTENCES[401] ?? sentence, 401);
    return new ApiError(type, message || sentence, response.status, { body, retryAt: retryTime(response) });
  } catch {
    // A proxy's or Django's own page; the status alone has to do.
    return new ApiError(response.status === 413 ? "too_large" : "unknown", sentence, response.status);
  }
}

/**
 * @param {string} csrfToken
 * @param {string} origin empty in a page
 */
export function createRequest(csrfToken, origin) {
  /**
   * @param {string} method
   * @param {string} path
   * @param {{ body?: unknown, headers?: Record<string, string>, signal?: AbortSignal }} [options]
   * @returns {Promise<Response>} always a good one; anything else is thrown as an ApiError
   */
  return async function request(method, path, { body, headers = {}, signal } = {}) {
    const sent = {
      ...(method === "GET" ? {} : { "X-CSRFToken": csrfToken }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    };
    const text = body === undefined ? undefined : JSON.stringify(body);
    let response;
    try {
      response = await fetch(origin + path, { method, headers: sent, body: text, signal, credentials: "same-origin" });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError("network_error", UNREACHABLE, 0);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  };
}
