// A session's page: times are typed in the viewer's own zone, and a form is sent once.
import { localTime, zone } from "./zone.js";

for (const field of document.querySelectorAll("input[name=zone]")) /** @type {HTMLInputElement} */ (field).value = zone;
for (const name of document.querySelectorAll("[data-zone-name]")) name.textContent = zone.replaceAll("_", " ");

// The new time begins as the present one, on the clock of the viewer's zone; a visit that began between two steps of the
// field, at the next of them, since no browser would send it otherwise.
const field = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-now]"));
if (field && !field.value) {
  const step = Number(field.step);
  const now = new Date(Math.ceil(Number(field.dataset.now) / step) * step * 1000);
  field.value = localTime(now);
}

for (const form of document.querySelectorAll("form[data-once]")) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  form.addEventListener("submit", () => { setTimeout(() => { button.disabled = true; }); });
}
// Whoever comes back by the browser's Back sees the session as it is now, with keys of their own.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
