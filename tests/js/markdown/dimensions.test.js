import assert from "node:assert/strict";
import { test } from "node:test";

import { dimensions } from "../../../static/chat/markdown/dimensions.js";

/** @param {(number | string)[]} parts */
const bytes = (...parts) => parts.map((each) => (typeof each === "string" ? each : String.fromCharCode(each))).join("");
const nothing = (/** @type {number} */ count) => "\0".repeat(count);
const GIF = bytes("GIF89a", 3, 0, 7, 0, 0x80, 0, 0, nothing(6), 0x21, 0xf9, 4, nothing(5), 0x2c, nothing(4));

for (const [name, data, size] of /** @type {[string, string, number[] | null][]} */ ([
  ["PNG", bytes(0x89, "PNG\r\n\x1a\n", nothing(4), "IHDR", 0, 1, 0, 0, 0, 0, 0, 7), [65536, 7]],
  ["GIF", bytes(GIF, 1, 0, 1, 0), [3, 7]],
  ["GIF with a larger frame", bytes(GIF, 0, 2, 1, 0), [512, 7]],
  ["JPEG with another one in it", bytes("\xff\xd8\xff\xe1\0\x06\xff\xc0\0\0\xff\xff\xc2\0\x11\x08", 0, 7, 1, 0), [256, 7]],
  ["WebP", bytes("RIFF", nothing(4), "WEBPVP8X", nothing(8), 2, 0, 1, 6, 0, 0), [65539, 7]],
  ["lossless WebP", bytes("RIFF", nothing(4), "WEBPVP8L", nothing(4), 0x2f, 2, 0x80, 1, 0), [3, 7]],
  ["lossy WebP", bytes("RIFF", nothing(4), "WEBPVP8 ", nothing(7), "\x9d\x01\x2a", 3, 0, 7, 0), [3, 7]],
  ["nothing", "", null],
  ["a bitmap", bytes("BM", nothing(60)), null],
  ["a JPEG without an end", bytes("\xff\xd8", "\xff".repeat(5000)), null],
])) {
  test(`${name} is ${size}`, () => {
    const found = dimensions(data);
    assert.deepEqual(found && [found.width, found.height], size);
    for (let end = 0; end < Math.min(data.length, 100); end++) dimensions(data.slice(0, end));
  });
}
