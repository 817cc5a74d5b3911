/** What may be shown of an answer, as values. Few lines, because they are types for all of this folder. */

/** @typedef {{ tag: string, attributes: Record<string, string>, children: Node[] }} ElementNode */
/** @typedef {{ code: string, language: string }} CodeNode the language as the answer called it */
/** @typedef {{ formula: string, display: boolean, source: string, growing?: boolean }} FormulaNode the source of one that is still being written is shown */
/** @typedef {string | ElementNode | CodeNode | FormulaNode} Node */

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {Node[]} [children]
 * @returns {ElementNode}
 */
export const element = (tag, attributes = {}, children = []) => ({ tag, attributes, children });
