// The form asks in the visitor's own time zone, and shows the free times of what is chosen.
import { showPicker } from "./picker.js";
import { showTimes } from "./times.js";
import { localTime, zone } from "./zone.js";

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("ask"));
if (form) enhance(form);

/** @param {HTMLFormElement} form */
function enhance(form) {
  /** @type {HTMLInputElement} */ (document.getElementById("zone")).value = zone;
  /** @type {HTMLElement} */ (document.getElementById("zone-name")).textContent = zone.replaceAll("_", " ");
  form.querySelector("[data-plain]")?.remove();
  for (const field of form.querySelectorAll("input[data-time]")) showTyped(/** @type {HTMLInputElement} */ (field));
  const scheduled = () => new FormData(form).get("when") === "scheduled";

  const showWhen = () => {
    const times = /** @type {HTMLElement} */ (document.getElementById("times"));
    times.hidden = !scheduled();
    for (const field of times.querySelectorAll("input, select")) {
      /** @type {HTMLInputElement} */ (field).disabled = !scheduled();
    }
    const first = /** @type {HTMLElement} */ (document.getElementById("time-0"));
    if (first instanceof HTMLInputElement) first.required = scheduled();
  };
  form.addEventListener("change", (event) => {
    showWhen();
    const name = /** @type {HTMLInputElement} */ (event.target).name;
    if (name === "service" || name === "host") void loadTimes(form, "", showWhen);
  });
  form.addEventListener("click", (event) => {
    const leaf = /** @type {Element} */ (event.target).closest("button[data-since]");
    if (!(leaf instanceof HTMLButtonElement)) return;
    event.preventDefault();
    void loadTimes(form, leaf.value, showWhen, true);
  });
  showPicker();
  showWhen();
  sendOnce(form);
}

/**
 * A time that came with the page as an instant, as this browser's clock shows it.
 * @param {HTMLInputElement} field
 */
function showTyped(field) {
  const time = new Date(field.dataset.time ?? "");
  if (field.value || Number.isNaN(time.getTime())) return;
  field.value = localTime(time);
}

let asked = 0;
/**
 * Fetch the free times of what is chosen; those chosen already stay.
 * @param {HTMLFormElement} form
 * @param {string} since  from when on; empty: from now on
 * @param {() => void} shown  told when they are on the page
 * @param {boolean} focus  whether to lead the person to what was fetched
 */
async function loadTimes(form, since, shown, focus = false) {
  const old = document.getElementById("free-times");
  if (!old) return;
  const mine = ++asked;
  const fields = new FormData(form);
  const query = new URLSearchParams({ since });
  for (const name of ["service", "host"]) query.set(name, String(fields.get(name) ?? ""));
  for (const select of old.querySelectorAll("select")) if (select.value) query.append("time", select.value);
  const response = await fetch(`/clinics/${form.dataset.clinic}/times?${query}`).catch(() => null);
  const html = response?.ok ? await response.text().catch(() => null) : null;
  if (html === null || mine !== asked) return;
  const template = document.createElement("template");
  template.innerHTML = html;
  showTimes(template.content);
  old.replaceWith(template.content);
  showPicker();
  shown();
  if (focus) document.getElementById("free-span")?.focus();
}

/**
 * A double click sends once; the hidden key makes a repeat harmless anyway.
 * @param {HTMLFormElement} form
 */
function sendOnce(form) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  form.addEventListener("submit", () => setTimeout(() => { button.disabled = true; }));
  addEventListener("pageshow", (event) => {
    if (event.persisted) renewKey(form);
    button.disabled = false;
  });
}

/**
 * Who comes back to the page by the browser's Back, and sends again, asks for something new.
 * @param {HTMLFormElement} form
 */
function renewKey(form) {
  const random = crypto.getRandomValues(new Uint8Array(16));
  const key = /** @type {HTMLInputElement} */ (form.querySelector("input[name=key]"));
  key.value = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
