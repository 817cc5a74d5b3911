/** The choice of the model. */

/**
 * @param {HTMLSelectElement} select
 * @param {NodeListOf<HTMLElement>} echoes places that name the chosen model
 * @param {(model: string) => void} onChoose
 */
export function createPicker(select, echoes, onChoose) {
  select.addEventListener("change", () => {
    for (const echo of echoes) echo.textContent = select.value;
    onChoose(select.value);
  });

  return {
    /** @returns {string} empty when there is no model */
    chosen: () => select.value,

    /** @returns {string[]} all that may be used */
    all: () => [...select.options].map(({ value }) => value),

    focus: () => select.focus(),
  };
}
