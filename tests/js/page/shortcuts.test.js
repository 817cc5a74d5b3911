import assert from "node:assert/strict";
import { test } from "node:test";

import { SHORTCUTS, keyName, shortcutFor } from "../../../static/chat/page/shortcuts.js";

/**
 * @param {string} key
 * @param {string} [held] such as `ctrl shift`
 * @param {string} [code]
 */
const press = (key, held = "", code = "") => ({
  key,
  code,
  ctrlKey: held.includes("ctrl"),
  metaKey: held.includes("meta"),
  shiftKey: held.includes("shift"),
  altKey: held.includes("alt"),
});

test("a shortcut with Ctrl or ⌘ works while typing, whatever Shift makes of the letter", () => {
  assert.equal(shortcutFor(press("k", "ctrl"), true), "search");
  assert.equal(shortcutFor(press("k", "meta"), true), "search");
  assert.equal(shortcutFor(press("O", "ctrl shift"), true), "new");
  assert.equal(shortcutFor(press("S", "ctrl shift"), false), "sidebar");
  assert.equal(shortcutFor(press("C", "meta shift"), false), "copy");
});

test("where a keyboard has no Latin letters, the place of the key counts; where it has, its letter does", () => {
  assert.equal(shortcutFor(press("л", "ctrl", "KeyK"), true), "search");
  assert.equal(shortcutFor(press("Щ", "ctrl shift", "KeyO"), true), "new");
  assert.equal(shortcutFor(press("ז", "meta", "KeyZ"), false), "undo");
  assert.equal(shortcutFor(press("k", "ctrl", "KeyV"), true), "search");
  assert.equal(shortcutFor(press("t", "ctrl", "KeyK"), true), undefined);
  assert.equal(shortcutFor(press("л", "", "KeyK"), false), undefined);
});

test("what belongs to the browser or to the text stays theirs", () => {
  assert.equal(shortcutFor(press("c", "ctrl"), false), undefined);
  assert.equal(shortcutFor(press("K", "ctrl shift"), false), undefined);
  assert.equal(shortcutFor(press("s", "ctrl"), false), undefined);
  assert.equal(shortcutFor(press("k"), false), undefined);
  assert.equal(shortcutFor(press("k", "ctrl alt"), false), undefined);
  assert.equal(shortcutFor(press("z", "ctrl"), true), undefined);
});

test("a plain sign does something only when nobody is typing, with Shift or without, as the keyboard has it", () => {
  assert.equal(shortcutFor(press("?", "shift"), false), "sheet");
  assert.equal(shortcutFor(press("/"), false), "write");
  assert.equal(shortcutFor(press("/", "shift"), false), "write");
  assert.equal(shortcutFor(press("?", "shift"), true), undefined);
  assert.equal(shortcutFor(press("/"), true), undefined);
});

test("a key alone can be switched off", () => {
  assert.equal(shortcutFor(press("?", "shift"), false, false), undefined);
  assert.equal(shortcutFor(press("k", "ctrl"), false, false), "search");
});

test("no two shortcuts have the same keys", () => {
  const all = SHORTCUTS.flatMap(({ shortcuts }) => shortcuts.map(({ keys }) => keys.join("+")));
  assert.equal(new Set(all).size, all.length);
});

test("keys are called what stands on them", () => {
  assert.equal(keyName("Mod", true), "⌘");
  assert.equal(keyName("Mod", false), "Ctrl");
  assert.equal(keyName("K", true), "K");
});
