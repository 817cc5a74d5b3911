import js from "@eslint/js";
import globals from "globals";
import { importX } from "eslint-plugin-import-x";
import nounsanitized from "eslint-plugin-no-unsanitized";

// A room of the page knows itself and what comes after it here; main.js alone knows them all.
const ROOMS = ["account", "sidebar", "search", "composer", "thread", "markdown", "api", "page", "state"];
// Stand side by side: neither knows the other.
const SIBLINGS = [
  ["account", "sidebar", "search", "composer"],
  ["markdown", "api"],
];

/** @param {string} room */
function forbidden(room) {
  const above = ROOMS.slice(0, ROOMS.indexOf(room));
  const beside = SIBLINGS.find((each) => each.includes(room))?.filter((each) => each !== room) ?? [];
  const from = [...new Set([...above, ...beside])].map((each) => `./static/chat/${each}`);
  return { target: `./static/chat/${room}`, from: [...from, "./static/chat/main.js"] };
}

export default [
  js.configs.recommended,
  nounsanitized.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2022, sourceType: "module" },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "max-lines": ["error", 200],
      "no-alert": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-var": "error",
      "prefer-const": "error",
      // What the plugin allows when a sanitizer is named is not allowed here at all.
      "no-restricted-properties": [
        "error",
        { property: "innerHTML" },
        { property: "outerHTML" },
        { property: "insertAdjacentHTML" },
        { property: "srcdoc" },
        { object: "document", property: "write" },
      ],
    },
  },
  {
    files: ["static/chat/**/*.js"],
    languageOptions: { globals: globals.browser },
    plugins: { "import-x": importX },
    rules: {
      "import-x/no-cycle": "error",
      "import-x/no-restricted-paths": ["error", { zones: ROOMS.map(forbidden) }],
      "import-x/no-unresolved": "error",
    },
  },
  {
    files: ["tests/js/**/*.js"],
    languageOptions: { ecmaVersion: "latest", globals: globals.node },
    rules: { "max-lines": ["error", 300] },
  },
];
