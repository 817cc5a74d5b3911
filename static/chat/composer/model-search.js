/** Which models the picker shows, and below which headings. Pure. */

/**
 * @typedef {object} Choice a model that may be asked; names as in `chat/views/pages.py`
 * @property {string} name
 * @property {string} provider
 * @property {string} about what an admin says of it
 * @property {string[]} abilities
 * @property {string} price empty where it is unknown
 * @property {boolean} favourite
 */

/** @typedef {{ title: string, choices: Choice[] }} Group */

/**
 * @param {string} text
 * @returns {string} as it is compared: without capitals, accents and what only parts words
 */
const folded = (text) =>
  text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase();

/**
 * @param {Choice} choice
 * @param {string[]} words
 */
function matches({ name, provider, about, abilities }, words) {
  const said = folded([name, provider, about, ...abilities].join(" "));
  // Whoever writes `gpt4o` means gpt-4o.
  const run = said.replace(/[^\p{L}\p{N}]/gu, "");
  return words.every((word) => said.includes(word) || run.includes(word.replace(/[^\p{L}\p{N}]/gu, "") || word));
}

/**
 * @param {Choice[]} choices
 * @returns {Group[]}
 */
function byProvider(choices) {
  const providers = [...new Set(choices.map(({ provider }) => provider))].sort((one, other) => one.localeCompare(other));
  return providers.map((title) => ({ title, choices: choices.filter(({ provider }) => provider === title) }));
}

/**
 * @param {Choice[]} choices in the admin's order
 * @param {string[]} recent names, the one used last first
 * @param {string} query
 * @returns {Group[]} without empty ones: favourites and recent ones above, unless something is looked for
 */
export function grouped(choices, recent, query) {
  const words = folded(query).split(/\s+/).filter(Boolean);
  if (words.length) return byProvider(choices.filter((choice) => matches(choice, words)));
  const favourites = choices.filter(({ favourite }) => favourite);
  const used = recent.map((name) => choices.find((choice) => choice.name === name)).filter((choice) => choice !== undefined);
  const latest = used.filter(({ favourite }) => !favourite);
  return [{ title: "Favourites", choices: favourites }, { title: "Recent", choices: latest }, ...byProvider(choices)].filter(
    (group) => group.choices.length > 0,
  );
}
