// Forms whose proof is a passkey: the browser asks for it, and what it answers goes up with the form.
//
//   data-passkey   "create" or "get"
//   data-options   what the server wants, as JSON (WebAuthn Level 3, section 5.1.8 and 5.1.9), or
//   data-from      the address that tells it, asked when it is needed
//
// A form that is hidden is shown where the browser can do this.

import { creation, proof, request } from "./credential.js";

/** @typedef {import("./credential.js").Options} Options */

const TROUBLE = "That did not work. Try again, or go another way.";
const REFUSED = "No passkey was used: it was cancelled, took too long, or there is none for this site.";
const KNOWN = "This device is among your passkeys already.";
const UNSAFE = "Passkeys work only over https, or on localhost.";

/**
 * @param {HTMLFormElement} form
 * @param {string} text
 */
function tell(form, text) {
  const place = form.querySelector("[data-trouble]");
  if (place instanceof HTMLElement) {
    place.textContent = text;
    place.hidden = !text;
  }
}

/**
 * @param {HTMLFormElement} form
 * @returns {Promise<Options>}
 */
async function optionsOf(form) {
  const { options, from } = form.dataset;
  if (options) {
    return JSON.parse(options);
  }
  const response = await fetch(from ?? "", { headers: { Accept: "application/json" } });
  if (!response.ok) {
    throw new Error(`${response.status}`);
  }
  return (await response.json()).request_options;
}

/** @param {HTMLFormElement} form */
async function prove(form) {
  tell(form, "");
  const options = (await optionsOf(form)).publicKey;
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: creation(options) })
      : await navigator.credentials.get({ publicKey: request(options) });
  const field = form.elements.namedItem("credential");
  if (!(credential instanceof PublicKeyCredential) || !(field instanceof HTMLInputElement)) {
    throw new Error("no credential");
  }
  field.value = JSON.stringify(proof(credential));
  form.submit();
}

/** @param {unknown} error */
function wordsFor(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") {
    return REFUSED;
  }
  return name === "InvalidStateError" ? KNOWN : name === "SecurityError" ? UNSAFE : TROUBLE;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!(form instanceof HTMLFormElement)) {
    continue;
  }
  const able = "PublicKeyCredential" in window;
  form.hidden = form.hidden && !able;
  if (!able) {
    tell(form, UNSAFE);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (able) {
      prove(form).catch((error) => tell(form, wordsFor(error)));
    }
  });
}
