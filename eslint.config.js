import js from "@eslint/js";
import globals from "globals";
import nounsanitized from "eslint-plugin-no-unsanitized";

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
  { files: ["static/chat/**/*.js"], languageOptions: { globals: globals.browser } },
  {
    files: ["tests/js/**/*.js"],
    languageOptions: { ecmaVersion: "latest", globals: globals.node },
    rules: { "max-lines": ["error", 300] },
  },
];
