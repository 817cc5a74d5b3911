/** What was set for a conversation, of all that can be. Few lines, because the drawer of settings is fetched later. */

/** @typedef {{ system_prompt: string, temperature: number | null, max_tokens: number | null }} Values null is the model's own */

/**
 * @param {Partial<Values>} values
 * @returns {Partial<Values>}
 */
export const given = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== ""));
