// Forms with `data-once` are sent once, however often one presses; a zone is that of the viewer.
import { zone } from "./zone.js";

for (const field of document.querySelectorAll("[data-zone-value]")) /** @type {HTMLInputElement} */ (field).value = zone;
for (const name of document.querySelectorAll("[data-zone-name]")) name.textContent = zone.replaceAll("_", " ");

for (const form of document.querySelectorAll("form[data-once]")) {
  const button = /** @type {HTMLButtonElement | null} */ (form.querySelector("button[type=submit], button:not([type])"));
  form.addEventListener("submit", () => setTimeout(() => { if (button) button.disabled = true; }));
  addEventListener("pageshow", () => { if (button) button.disabled = false; });
}
