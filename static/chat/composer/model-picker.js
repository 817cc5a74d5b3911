/** The choice of the model. */

/**
 * @param {HTMLSelectElement} select
 * @param {NodeListOf<HTMLElement>} echoes places that name the chosen model
 * @param {HTMLElement} note says that a conversation's model may not be used any more
 * @param {(model: string) => void} onChoose
 */
export function createModelPicker(select, echoes, note, onChoose) {
  /** @param {string} model */
  function show(model) {
    select.value = model;
    for (const echo of echoes) echo.textContent = select.value;
  }

  select.addEventListener("change", () => {
    note.hidden = true;
    show(select.value);
    onChoose(select.value);
  });

  return {
    /** @returns {string} empty when there is no model */
    chosen: () => select.value,

    /** @param {string | null} model of the conversation in the page; where it may not be used, what a new one begins with */
    set(model) {
      const known = [...select.options].some(({ value }) => value === model);
      show((known ? model : select.dataset.fresh) ?? "");
      note.hidden = known || !model;
      note.textContent = note.hidden ? "" : `You cannot use ${model} any more. Your next question goes to ${select.value || "no model"}.`;
    },

    /** A question was asked: new conversations begin with the same model. */
    asked() {
      select.dataset.fresh = select.value;
      note.hidden = true;
    },

    /** @returns {string[]} all that may be used */
    all: () => [...select.options].map(({ value }) => value),

    focus: () => select.focus(),
  };
}
