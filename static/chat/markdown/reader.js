/** A worker that reads long Markdown: the page goes on whatever it does. Few lines, because a worker has a file of its own. */

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
