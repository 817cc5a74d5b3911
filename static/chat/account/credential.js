// WebAuthn's values as JSON and back: what is bytes there is base64url here.
// Source: WebAuthn Level 3, section 5.1 (the JSON forms); older browsers have no methods of their own for it.

/**
 * @typedef {{id: string, type: "public-key", transports?: AuthenticatorTransport[]}} Descriptor
 * @typedef {{challenge: string, [name: string]: unknown}} Wanted
 * @typedef {{publicKey: Wanted}} Options
 */

/**
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** @param {ArrayBuffer | null} buffer */
export function text(buffer) {
  if (!buffer) {
    return null;
  }
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {unknown} list */
function descriptors(list) {
  const given = /** @type {Descriptor[]} */ (list ?? []);
  return given.map((each) => ({ ...each, id: bytes(each.id) }));
}

/**
 * What is asked to make a passkey. It is always one that signs in by itself, and the person is always verified.
 *
 * @param {Wanted} options
 */
export function creation(options) {
  const user = /** @type {{id: string}} */ (options.user);
  const wanted = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: descriptors(options.excludeCredentials),
    authenticatorSelection: {
      ...(options.authenticatorSelection ?? {}),
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    },
  };
  return /** @type {PublicKeyCredentialCreationOptions} */ (/** @type {unknown} */ (wanted));
}

/**
 * What is asked to show one.
 *
 * @param {Wanted} options
 */
export function request(options) {
  const wanted = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: descriptors(options.allowCredentials),
  };
  return /** @type {PublicKeyCredentialRequestOptions} */ (/** @type {unknown} */ (wanted));
}

/**
 * What the browser answered, for the server.
 *
 * @param {PublicKeyCredential} credential
 */
export function proof(credential) {
  const response = credential.response;
  const shared = { clientDataJSON: text(response.clientDataJSON) };
  const own =
    response instanceof AuthenticatorAttestationResponse
      ? { attestationObject: text(response.attestationObject), transports: response.getTransports() }
      : response instanceof AuthenticatorAssertionResponse
        ? {
            authenticatorData: text(response.authenticatorData),
            signature: text(response.signature),
            userHandle: text(response.userHandle),
          }
        : {};
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { ...shared, ...own },
  };
}
