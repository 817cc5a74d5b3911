import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, timestamp } from "../../../static/chat/thread/timestamp.js";

const NOW = new Date(2026, 10, 21, 18, 0);

test("today only the time is told, before it the day, and the year where it is another", () => {
  assert.equal(clock(new Date(2026, 10, 21, 14, 5), NOW, "en-GB"), "14:05");
  assert.match(clock(new Date(2026, 10, 20, 14, 5), NOW, "en-GB"), /^20 Nov\D+14:05$/);
  assert.match(clock(new Date(2025, 10, 21, 14, 5), NOW, "en-GB"), /^21 Nov 2025\D+14:05$/);
});

test("in full it is told in the reader's own format", () => {
  assert.match(timestamp(NOW, "en-GB"), /^21 November 2026.*18:00$/);
  assert.match(timestamp(NOW, "de-DE"), /^21\. November 2026.*18:00$/);
});
