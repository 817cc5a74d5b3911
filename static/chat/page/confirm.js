/** A question that must be answered before something is lost. */

/** @param {HTMLDialogElement} dialog with a form of method dialog, and a button whose value is `yes` */
export function createConfirm(dialog) {
  const subject = dialog.querySelector("[data-subject]");

  return {
    /**
     * @param {string} name of what would be lost
     * @returns {Promise<boolean>}
     */
    ask(name) {
      if (subject) subject.textContent = name;
      dialog.returnValue = "";
      dialog.showModal();
      return new Promise((resolve) => {
        dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
      });
    },
  };
}
