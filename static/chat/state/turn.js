/** One message of the thread, as the page knows it. */

/** @typedef {"queued" | "streaming" | "complete" | "stopped" | "interrupted" | "failed"} Status */

/**
 * @typedef {object} Usage
 * @property {number | null} prompt_tokens
 * @property {number | null} [cached_tokens] those of the prompt that came from the provider's cache
 * @property {number | null} [cache_write_tokens] those of the prompt that were written to it
 * @property {number | null} completion_tokens
 * @property {number | null} total_tokens
 * @property {string | number | null} cost a decimal, in `currency`; null when no price is known
 * @property {string | number | null} [cache_saving] what it would have cost more without the cache; below zero: less
 * @property {string} currency
 * @property {string} source `provider` or `estimated`
 */

/**
 * @typedef {object} Timing
 * @property {number | null} elapsed_seconds
 * @property {number | null} tokens_per_second
 */

/**
 * @typedef {object} Trouble what went wrong, for a person
 * @property {string} type
 * @property {string} message
 * @property {boolean} retryable whether the same model may do it when asked again
 * @property {string | null} [retry_at] from when on it may, where that is known, ISO 8601
 */

/** @typedef {{ index: number, id: string, name: string, arguments: string }} ToolCall */

/**
 * @typedef {object} Siblings the versions of a message: questions after the same answer, or answers to the same question
 * @property {number} index which of them it is, counted from 1
 * @property {number} count
 * @property {string | null} previous the id of the one before
 * @property {string | null} next
 */

/**
 * @typedef {object} Turn one message of the thread
 * @property {string} key names its place in the page, also before the server has named it
 * @property {string | null} id
 * @property {string | null} parentId
 * @property {string | null} instead the answer that this one takes the place of, once it has an id
 * @property {"user" | "assistant"} role
 * @property {string} content
 * @property {string} reasoning
 * @property {ToolCall[]} toolCalls
 * @property {Record<string, unknown>} fields
 * @property {Status} status
 * @property {string} finishReason
 * @property {string} finishDetail the provider's own word for another end; `none` where it gave no reason
 * @property {string} model
 * @property {string} notice news while nothing arrives
 * @property {number} waitedSeconds
 * @property {number | null} thinkingSince when the first thought came, in seconds; null where nobody watched the clock
 * @property {number | null} thoughtSeconds how long it has been thinking, or had been when it began to speak
 * @property {Usage | null} usage
 * @property {Timing | null} timing
 * @property {Trouble | null} trouble
 * @property {string[]} notes what stays true of it: that older messages were not sent, that a piece is missing
 * @property {string} requestId of a question asked, or an answer asked for again, from this page
 * @property {string} createdAt ISO 8601
 * @property {Siblings | null} siblings null until the server has told them
 */

/**
 * @param {Partial<Turn> & { key: string, role: "user" | "assistant" }} known
 * @returns {Turn}
 */
export function turn(known) {
  return {
    id: null,
    parentId: null,
    instead: null,
    content: "",
    reasoning: "",
    toolCalls: [],
    fields: {},
    status: "complete",
    finishReason: "",
    finishDetail: "",
    model: "",
    notice: "",
    waitedSeconds: 0,
    thinkingSince: null,
    thoughtSeconds: null,
    usage: null,
    timing: null,
    trouble: null,
    notes: [],
    requestId: "",
    createdAt: "",
    siblings: null,
    ...known,
  };
}
