/**
 * What changes the page: the events of an answer's stream, those of the feed of changes, and the page's own. And a message
 * as the server tells it. Types only; tests/test_wire_types.py compares what the server sends with the server.
 */

/** @typedef {import("./turn.js").Usage} Usage */
/** @typedef {import("./turn.js").ToolCall} ToolCall */
/** @typedef {import("./turn.js").Trouble} Trouble */
/** @typedef {import("./turn.js").Siblings} Siblings */
/** @typedef {import("./turn.js").Status} MessageStatus */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./unsent.js").Unsent} Unsent */
/** @typedef {import("./rendered.js").Known} Known */

/**
 * @typedef {object} Place where in which answer a reader is
 * @property {string} generationId
 * @property {string} conversationId
 * @property {string} position the id of the last event; empty for the start
 */

/**
 * @typedef {object} Started
 * @property {"start"} type
 * @property {string} conversation_id
 * @property {string} message_id
 * @property {string | null} user_message_id
 * @property {string | null} generation_id
 * @property {string} model
 */
/**
 * @typedef {object} Status news while nothing arrives
 * @property {"status"} type
 * @property {string} message
 * @property {number} attempt 0: it is true of the whole answer
 * @property {number | null} [retry_in] seconds
 */
/**
 * @typedef {object} ReasoningDelta
 * @property {"reasoning"} type
 * @property {string} content
 * @property {number} [at] seconds since the question, by this page's clock
 */
/**
 * @typedef {object} TextDelta
 * @property {"token"} type
 * @property {string} content
 * @property {number} [at] seconds since the question, by this page's clock
 */
/**
 * @typedef {object} ToolCallDelta
 * @property {"tool_call"} type
 * @property {number} index
 * @property {string} [id]
 * @property {string} [name]
 * @property {string} [arguments] a fragment of JSON
 * @property {number} [at] seconds since the question, by this page's clock
 */
/**
 * @typedef {object} Reclassified all text so far was thought
 * @property {"reclassified"} type
 */
/**
 * @typedef {object} Field
 * @property {"field"} type
 * @property {string} name a path, such as `items.0.name`
 * @property {unknown} value
 */
/** @typedef {{ type: "usage" } & Usage} Charge */
/**
 * @typedef {object} Title
 * @property {"title"} type
 * @property {string} title
 */
/**
 * @typedef {object} Done
 * @property {"done"} type
 * @property {string} finish_reason
 * @property {string | null} [finish_detail] the provider's own word where the reason is `other`
 * @property {number | null} [token_count]
 * @property {number | null} [elapsed_seconds]
 * @property {number | null} [ttft_seconds]
 * @property {number | null} [tokens_per_second]
 * @property {number | null} [thinking_seconds]
 * @property {unknown} [parsed]
 */
/**
 * @typedef {object} Failed
 * @property {"error"} type
 * @property {string} error_type
 * @property {string} message
 * @property {boolean} [retryable] true where the page says so itself
 * @property {string | null} [retry_at] from when on asking again helps, ISO 8601
 */
/** @typedef {Started | Status | ReasoningDelta | TextDelta | ToolCallDelta | Reclassified | Field | Charge | Title | Done | Failed} StreamEvent */

/**
 * @typedef {object} Message one message of a conversation, as the server tells it
 * @property {string} id
 * @property {string | null} parent_id
 * @property {"user" | "assistant"} role
 * @property {string} content
 * @property {string} reasoning
 * @property {ToolCall[]} tool_calls
 * @property {MessageStatus} status
 * @property {string | null} finish_reason
 * @property {string | null} finish_detail
 * @property {string | null} model
 * @property {Usage | null} usage
 * @property {string | number | null} cost
 * @property {string} created_at ISO 8601
 * @property {string | null} generation_id
 * @property {boolean} is_trimmed
 * @property {string[]} notes what stays true of it: that older messages were not sent, that a piece is missing
 * @property {Attachment[]} attachments
 * @property {Trouble | null} error
 * @property {number | null} elapsed_seconds
 * @property {number | null} ttft_seconds
 * @property {number | null} thinking_seconds
 * @property {number | null} tokens_per_second
 * @property {Siblings} siblings
 */
/** @typedef {{ id: string, name: string, media_type: string, size: number }} Attachment */

/**
 * @typedef {object} Conversation as the server's lists have it
 * @property {string} id
 * @property {string} title empty while it has none
 * @property {boolean} pinned
 * @property {boolean} archived
 * @property {boolean} unread whether an answer ended that nobody saw
 * @property {string} updated_at ISO 8601
 * @property {string | null} streaming the generation that is being written in it
 * @property {Hit[]} [hits] where the words of a search stand
 */
/** @typedef {[text: string, isHit: boolean]} Piece */
/** @typedef {{ message_id: string | null, snippet: Piece[] }} Hit without a message it is in the title */

/**
 * @typedef {object} Spending what all attempts of a conversation have used, whatever their branch
 * @property {number} total_tokens
 * @property {Record<string, string | number>} costs decimals, by currency
 * @property {number} unpriced how many attempts have no known price
 * @property {boolean} estimated whether some of the tokens are
 */
/** @typedef {{ temporary: boolean, model: string | null, messages: Message[], more: boolean, usage: Spending }} Thread */
/** @typedef {Conversation & import("./conversation-settings.js").Values & Thread} OpenConversation a conversation with its messages */

/** @typedef {{ type: "conversation", conversation: Conversation } | { type: "removed", id: string }} FeedEvent */

/**
 * @typedef {object} Sent
 * @property {"send"} type
 * @property {string} key
 * @property {string} message
 * @property {string | null} parentId
 * @property {string} requestId
 * @property {string} model
 * @property {string} [replaces] the key of the turn in whose place it is asked
 * @property {string} [createdAt] ISO 8601
 */
/**
 * @typedef {object} Regenerated
 * @property {"regenerate"} type
 * @property {string} key
 * @property {string} question
 * @property {string} model
 * @property {string} requestId
 * @property {string} [createdAt] ISO 8601
 */
/**
 * @typedef {{ type: "open", known: Partial<State> } | { type: "follow", generation_id: string | null }
 *   | { type: "choose", model: string } | { type: "stop" } | { type: "stop_failed", message: string }
 *   | { type: "waited", seconds: number } | { type: "reconnecting", attempt?: number }} ReadingEvent
 */
/**
 * @typedef {Sent | Regenerated | { type: "discard", key: string } | { type: "temporary", temporary: boolean }
 *   | { type: "branch", messages: Known[], more: boolean } | { type: "earlier", messages: Known[], more: boolean }
 *   | { type: "versions", messages: Known[] } | { type: "unsent", questions: Unsent[] }} BranchEvent
 */

/** @typedef {StreamEvent | FeedEvent | ReadingEvent | BranchEvent} PageEvent */
/**
 * @template {PageEvent["type"]} T
 * @typedef {Extract<PageEvent, { type: T }>} EventOf
 */

export {};
