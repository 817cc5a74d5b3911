import { MarkdownIt } from "../markdown-it/markdown-it.mjs";
//#region src/index.d.ts
declare function markdownItCjkFriendlyPlugin(md: MarkdownIt): void;
//#endregion
export { markdownItCjkFriendlyPlugin as default };