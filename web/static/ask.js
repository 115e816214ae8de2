// The form asks in the visitor's own time zone.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
/** @type {HTMLInputElement} */ (document.getElementById("zone")).value = zone;
/** @type {HTMLElement} */ (document.getElementById("zone-name")).textContent = zone.replaceAll("_", " ");

const form = /** @type {HTMLFormElement} */ (document.getElementById("ask"));
const times = /** @type {HTMLElement} */ (document.getElementById("times"));

function showTimes() {
  const scheduled = new FormData(form).get("when") === "scheduled";
  times.hidden = !scheduled;
  for (const field of times.querySelectorAll("input")) field.disabled = !scheduled;
  /** @type {HTMLInputElement} */ (document.getElementById("time-0")).required = scheduled;
}
form.addEventListener("change", showTimes);
showTimes();

// A double click sends once; the hidden key makes a repeat harmless anyway.
form.addEventListener("submit", () => {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  setTimeout(() => { button.disabled = true; });
});
addEventListener("pageshow", (event) => {
  if (event.persisted) renewKey();
  /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]")).disabled = false;
});

/** Who comes back to the page by the browser's Back, and sends again, asks for something new. */
function renewKey() {
  const random = crypto.getRandomValues(new Uint8Array(16));
  const key = /** @type {HTMLInputElement} */ (form.querySelector("input[name=key]"));
  key.value = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
