/** The languages whose code gets colours, by every name a fence may give them. Pure. */

const NAMES = `
apache apacheconf|bash sh zsh|c h|clojure clj edn|cmake|cpp c++ cc cxx hpp|csharp c# cs|css|dart|diff patch
dockerfile docker containerfile|elixir ex exs|erlang erl|fsharp f# fs|go golang|graphql gql|haskell hs|http https
ini toml conf|java|javascript js jsx mjs cjs|json jsonc json5 jsonl|julia jl|kotlin kt kts|latex tex|less|lua
makefile make mk|markdown md mdx|matlab|nginx|objectivec objc objective-c|ocaml ml|perl pl|php
powershell ps1 pwsh|properties dotenv env|protobuf proto|python py py3 python3 pyi gyp|r|ruby rb|rust rs|scala|scss sass
shell console shellsession terminal|sql postgresql mysql sqlite|swift|typescript ts tsx mts cts|vbnet vb|verilog v sv
vhdl|vim viml|wasm wat|x86asm asm nasm|xml html xhtml svg rss atom htm vue|yaml yml
`;

/** @type {Map<string, string>} */
const LANGUAGES = new Map();
for (const names of NAMES.trim().split(/[|\n]/)) {
  const all = names.split(" ");
  for (const name of all) LANGUAGES.set(name, all[0] ?? name);
}

/** @type {Record<string, string[]>} languages that are written inside another one */
const WITHIN = {
  xml: ["javascript", "css"],
  markdown: ["xml"],
  php: ["xml"],
  shell: ["bash"],
  http: ["json"],
  dart: ["markdown"],
  dockerfile: ["bash"],
  makefile: ["bash"],
};

/**
 * @param {string} name as a fence gives it
 * @returns {string | null} highlight.js's own name
 */
export const languageOf = (name) => LANGUAGES.get(name.toLowerCase()) ?? null;

/**
 * @param {string} language highlight.js's own name
 * @returns {string[]} it, and what is written inside it
 */
export const grammarsOf = (language) => [language, ...(WITHIN[language] ?? [])];
