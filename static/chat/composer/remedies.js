/** What the buttons below a failed answer do: try again, continue, choose another model, sign in. */

/**
 * @param {object} parts
 * @param {ReturnType<typeof import("./send.js").createSender>} parts.sender
 * @param {ReturnType<typeof import("./composer.js").createComposer>} parts.composer
 * @param {() => void} parts.choose leads to the choice of another model
 * @returns {Record<import("../thread/recovery.js").Remedy, (key: string) => unknown>}
 */
export function createRemedies({ sender, composer, choose }) {
  return {
    retry: composer.after(sender.retry),
    continue: composer.after(sender.goOn),
    choose,

    rewrite(key) {
      sender.rewrite(key);
      composer.focus();
    },

    // Back here afterwards: what was not sent stands here then.
    signin: () => location.assign(`/login/?next=${encodeURIComponent(location.pathname)}`),
    reload: () => location.reload(),
  };
}
