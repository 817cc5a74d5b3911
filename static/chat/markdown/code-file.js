/** Code as a file to keep. */

/** @type {Record<string, string>} what a file of this language is called, where it is not called like its language */
const ENDINGS = {
  ...{ bash: "sh", clojure: "clj", csharp: "cs", elixir: "ex", erlang: "erl", fsharp: "fs", haskell: "hs", javascript: "js" },
  ...{ julia: "jl", kotlin: "kt", latex: "tex", makefile: "mk", markdown: "md", matlab: "m", objectivec: "m", ocaml: "ml" },
  ...{ perl: "pl", powershell: "ps1", protobuf: "proto", python: "py", ruby: "rb", rust: "rs", shell: "sh", typescript: "ts" },
  ...{ vbnet: "vb", verilog: "v", wasm: "wat", x86asm: "asm" },
};

/**
 * @param {string} code
 * @param {string | null} language highlight.js's own name
 */
export function download(code, language) {
  const address = URL.createObjectURL(new Blob([code], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `code.${language ? (ENDINGS[language] ?? language) : "txt"}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address));
}
