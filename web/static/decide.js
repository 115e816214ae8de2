// Forms that decide a request are sent without leaving the page; errors appear in the form, and what was typed stays.
import { zone } from "./zone.js";

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} button the one that was pressed: its name, value and formaction count
 * @returns {Promise<any>} the answer, or null after an error was shown
 */
export async function send(form, button) {
  const address = button.hasAttribute("formaction") ? button.formAction : form.action;
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form, button)) fields.append(name, String(value));
  if (form.ariaBusy === "true") return null;
  fields.set("key", keyOf(form, `${address} ${fields}`));
  form.ariaBusy = "true";
  try {
    const response = await fetch(address, { method: "POST", body: fields, headers: { Accept: "application/json" } });
    const answer = await response.json();
    if (response.ok) return answer;
    showError(form, refusal(answer));
    forget(form);
  } catch {
    showError(form, "The clinic cannot be reached just now. Nothing was lost: please try again.");
  } finally {
    form.ariaBusy = null;
  }
  return null;
}

/**
 * Why it was refused; if somebody else was first, also when.
 * @param {{message: string, decision?: {at: string | null}}} answer
 */
function refusal({ message, decision }) {
  if (!decision?.at) return message;
  const at = new Date(decision.at).toLocaleString(undefined, {
    weekday: "short", hour: "2-digit", minute: "2-digit", timeZone: zone,
  });
  return `${message} (${at})`;
}

/** @type {WeakMap<HTMLFormElement, {intent: string, key: string}>} */
const keys = new WeakMap();

/**
 * Whether a decision of this form was sent and its answer is not known, or was good.
 * @param {HTMLFormElement} form
 */
export const wasSent = (form) => keys.has(form);

/**
 * One key for one intent (the address and every field), so that a repeat after a lost answer does not decide twice.
 * @param {HTMLFormElement} form
 * @param {string} intent
 */
function keyOf(form, intent) {
  const known = keys.get(form);
  if (known?.intent === intent) return known.key;
  const random = crypto.getRandomValues(new Uint8Array(16));
  const key = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  keys.set(form, { intent, key });
  return key;
}

/** @param {HTMLFormElement} form */
function forget(form) {
  keys.delete(form);
}

/** @param {HTMLFormElement} form @param {string} message */
export function showError(form, message) {
  const place = /** @type {HTMLElement} */ (form.querySelector("[data-error]"));
  place.textContent = message;
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
}
