/** Every shortcut of the page: the one table from which keys are read, and which the sheet shows. Pure. */

/**
 * @typedef {object} Shortcut
 * @property {string} [does] empty where the key is read by the part of the page that it belongs to
 * @property {string[]} keys `Mod` is ⌘ on Apple's machines, Ctrl elsewhere
 * @property {string} label
 */

/** @type {{ title: string, shortcuts: Shortcut[] }[]} */
export const SHORTCUTS = [
  {
    title: "Anywhere",
    shortcuts: [
      { does: "search", keys: ["Mod", "K"], label: "Search chats" },
      { does: "new", keys: ["Mod", "Shift", "O"], label: "New chat" },
      { does: "sidebar", keys: ["Mod", "Shift", "S"], label: "Show or hide the sidebar" },
      { does: "copy", keys: ["Mod", "Shift", "C"], label: "Copy the last answer" },
      { keys: ["Esc"], label: "Stop the answer, or close what is open" },
    ],
  },
  {
    title: "When not typing",
    shortcuts: [
      { does: "write", keys: ["/"], label: "Write a message" },
      { does: "undo", keys: ["Mod", "Z"], label: "Bring back what was just deleted" },
      { does: "sheet", keys: ["?"], label: "These shortcuts" },
    ],
  },
  {
    title: "In the message box",
    shortcuts: [
      { keys: ["Enter"], label: "Send" },
      { keys: ["Shift", "Enter"], label: "New line" },
      { keys: ["↑"], label: "Edit the last question, if the box is empty" },
    ],
  },
];

const ACTIVE = SHORTCUTS.flatMap(({ title, shortcuts }) =>
  shortcuts.map((each) => ({ ...each, typing: title === "Anywhere" })),
).filter(({ does }) => does !== undefined);

/** @typedef {Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">} Pressed */

/**
 * @param {string} key
 * @param {string} code
 * @returns {string} what the key is called; where letters are not Latin, what stands there on a keyboard that has them
 */
const nameOf = (key, code) => (key.length === 1 && key > "~" && code.startsWith("Key") ? code.slice(3) : key.toUpperCase());

/**
 * @param {Pressed} pressed
 * @param {boolean} typing whether the focus is where text is typed
 * @param {boolean} [single] whether a key alone may do something
 * @returns {string | undefined} what it does
 */
export function shortcutFor({ key, code, ctrlKey, metaKey, shiftKey, altKey }, typing, single = true) {
  if (altKey) return undefined;
  const found = ACTIVE.find(({ keys, typing: always }) => {
    if (typing && !always) return false;
    const mod = keys.includes("Mod");
    if (!mod && !single) return false;
    // Which keys a sign takes is the keyboard's own business: only for letters does Shift tell shortcuts apart.
    const shift = !mod || keys.includes("Shift") === shiftKey;
    return keys.at(-1) === nameOf(key, code) && mod === (ctrlKey || metaKey) && shift;
  });
  return found?.does;
}

/**
 * @param {string} key
 * @param {boolean} apple
 * @returns {string} as it is written on the keyboard
 */
export function keyName(key, apple) {
  if (key === "Mod") return apple ? "⌘" : "Ctrl";
  return key === "Shift" && apple ? "⇧" : key;
}
