/** A worker that reads long Markdown. Whatever some text does to the parser, the page goes on. */

import { createBlocks } from "./blocks.js";
import { portions } from "./portions.js";

addEventListener("message", ({ data }) => {
  try {
    postMessage("begun");
    for (const portion of portions(createBlocks().read(data, false))) postMessage(portion);
    postMessage("done");
  } catch {
    postMessage("failed");
  }
});
