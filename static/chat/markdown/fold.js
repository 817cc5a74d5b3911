/** What is long is folded, with a button that shows all of it. */

/**
 * @param {HTMLElement} folded gets the attribute `data-folded`
 * @param {() => string} label what the button says while it is folded
 */
export function createFold(folded, label) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show-all";
  const set = (/** @type {boolean} */ isFolded) => {
    folded.toggleAttribute("data-folded", isFolded);
    button.textContent = isFolded ? label() : "Show less";
    button.setAttribute("aria-expanded", String(!isFolded));
  };
  button.addEventListener("click", () => {
    const isFolded = !folded.hasAttribute("data-folded");
    set(isFolded);
    if (isFolded) button.scrollIntoView({ block: "nearest" });
  });
  set(true);
  return button;
}
