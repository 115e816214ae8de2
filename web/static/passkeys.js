// Passkeys: asks the device, and sends what it answers with the form, as any other field. Forms that need a passkey are
// shown only where the browser has them.

/**
 * What the server asks for, with its bytes in base64url.
 * @typedef {{challenge: string, user?: {id: string}, excludeCredentials?: {id: string}[], allowCredentials?: {id: string}[]}} Asked
 */

/** @param {string} text */
function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer | null | undefined} buffer */
function text(buffer) {
  if (!buffer) return undefined;
  const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {Asked} asked @returns {any} */
function options(asked) {
  const listed = (/** @type {{id: string}[] | undefined} */ keys) => keys?.map((key) => ({ ...key, id: bytes(key.id) }));
  return {
    ...asked,
    challenge: bytes(asked.challenge),
    user: asked.user && { ...asked.user, id: bytes(asked.user.id) },
    excludeCredentials: listed(asked.excludeCredentials),
    allowCredentials: listed(asked.allowCredentials),
  };
}

/** @param {PublicKeyCredential} made */
function asJson(made) {
  const response = /** @type {any} */ (made.response);
  return JSON.stringify({
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: text(response.userHandle),
      transports: response.getTransports?.() ?? undefined,
    },
  });
}

/**
 * Ask the server, then the device.
 * @param {HTMLFormElement} form
 * @returns {Promise<string>} the credential; rejects with what to tell the person
 */
async function ask(form) {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) fields.append(name, String(value));
  const answer = await fetch(`${form.action}/begin`, {
    method: "POST", body: fields, headers: { Accept: "application/json" },
  }).catch(() => null);
  const body = await answer?.json().catch(() => null);
  if (!answer?.ok || !body) {
    mark(form, body?.field);
    throw new Error(body?.message ?? "The clinic cannot be reached just now. Please try again.");
  }
  const made = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: options(body) })
    : await navigator.credentials.get({ publicKey: options(body) });
  return asJson(/** @type {PublicKeyCredential} */ (made));
}

/** Mark the input that an error belongs to, and go there; without one take the marks away.
 * @param {HTMLFormElement} form @param {string | null} [field] */
function mark(form, field) {
  for (const input of form.querySelectorAll("input")) {
    const wrong = input.name === field;
    input.classList.toggle("is-invalid", wrong);
    if (wrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    if (wrong) input.focus();
  }
}

/** @param {Error} error */
function sentence(error) {
  if (error.name === "InvalidStateError") return "This device has a passkey here already.";
  if (error.name === "NotAllowedError") return "No passkey was used. It was cancelled, took too long, or this device has none here.";
  if (error instanceof DOMException) return "Your browser could not use a passkey here.";
  return error.message;
}

/** @param {HTMLFormElement} form */
function enhance(form) {
  const credential = /** @type {HTMLInputElement} */ (form.querySelector("input[name=credential]"));
  const trouble = /** @type {HTMLElement} */ (form.querySelector("[data-trouble]"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    trouble.hidden = true;
    mark(form);
    button.disabled = true;
    ask(form)
      .then((made) => {
        credential.value = made;
        form.submit();
      })
      .catch((/** @type {Error} */ error) => {
        trouble.textContent = sentence(error);
        trouble.hidden = false;
        button.disabled = false;
      });
  });
}

if ("PublicKeyCredential" in globalThis) {
  for (const form of document.querySelectorAll("form[data-passkey]")) enhance(/** @type {HTMLFormElement} */ (form));
  for (const note of document.querySelectorAll("[data-no-passkeys]")) note.remove();
}
export {};
