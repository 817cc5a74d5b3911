import assert from "node:assert/strict";
import { test } from "node:test";

import { dateGroupOf } from "../../../static/chat/sidebar/date-group.js";

const NOW = new Date(2026, 10, 21, 9, 30);

/** @param {[number, number, number, number?, number?]} moment a place in the calendar: year, month from 0, day, hour, minute */
const title = (...moment) => dateGroupOf({ pinned: false, updated: new Date(...moment).getTime() }, NOW).title;

test("days begin at midnight, not 24 hours ago", () => {
  assert.equal(title(2026, 10, 21, 0, 0), "Today");
  assert.equal(title(2026, 10, 20, 23, 59), "Yesterday");
  assert.equal(title(2026, 10, 20, 0, 0), "Yesterday");
  assert.equal(title(2026, 10, 19, 23, 59), "Previous 7 days");
  assert.equal(title(2026, 10, 14, 0, 0), "Previous 7 days");
});

test("what is older stands under its month, with the year unless it is this one", () => {
  assert.equal(title(2026, 10, 13, 23, 59), "November");
  assert.equal(title(2026, 0, 1), "January");
  assert.equal(title(2025, 11, 31, 23, 59), "December 2025");
  assert.equal(title(2025, 10, 21), "November 2025");
});

test("a server whose clock is ahead says Today", () => {
  assert.equal(title(2026, 10, 22, 3, 0), "Today");
});

test("a pinned one is pinned, however old", () => {
  assert.equal(dateGroupOf({ pinned: true, updated: 0 }, NOW).title, "Pinned");
});

test("ranks follow time, also in the first days of a month and across a change of clocks", () => {
  for (const now of [NOW, new Date(2026, 0, 2, 12), new Date(2026, 2, 29, 12), new Date(2026, 9, 26, 1)]) {
    const days = Array.from({ length: 400 }, (_, day) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - day, 1));
    const ranks = days.map((day) => dateGroupOf({ pinned: false, updated: day.getTime() }, now).rank);
    assert.deepEqual(ranks, [...ranks].sort((a, b) => b - a));
  }
});
