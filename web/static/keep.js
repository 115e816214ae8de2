// What somebody typed outlives a sign-in that ended: it waits in this tab until they are back on the page.
// Kept for the same person and the same page only, and for half an hour; never passwords.

const PREFIX = "kept:";
const LIFE_MS = 30 * 60_000;

/**
 * The fields whose text is worth keeping.
 * @param {HTMLFormElement} form
 * @returns {(HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[]}
 */
function fieldsOf(form) {
  const typed = Array.from(form.querySelectorAll("input, textarea, select"));
  const fields = /** @type {(HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[]} */ (typed);
  return fields.filter((field) => field.name && !["hidden", "password", "submit", "file"].includes(field.type));
}

/** Keep what is in this form while it is sent: whether it arrives is known only afterwards. @param {HTMLFormElement} form */
function keep(form) {
  const fields = fieldsOf(form).map((field) => ({
    name: field.name,
    value: field.value,
    checked: isBox(field) ? field.checked : undefined,
  }));
  const kept = { form: form.getAttribute("action"), at: Date.now(), fields };
  sessionStorage.setItem(PREFIX + document.body.dataset.account + location.pathname, JSON.stringify(kept));
}

/** Give back what was kept for this page, if the sign-in page came between; else forget it. */
function giveBack() {
  const name = PREFIX + document.body.dataset.account + location.pathname;
  const text = sessionStorage.getItem(name);
  const cameBack = sessionStorage.getItem("signed-in-again") !== null;
  sessionStorage.removeItem("signed-in-again");
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  if (!text || !cameBack) return;
  const kept = JSON.parse(text);
  const form = Array.from(document.forms).find((one) => one.getAttribute("action") === kept.form);
  if (form && Date.now() - kept.at < LIFE_MS) void fill(form, kept.fields);
}

/** @param {HTMLFormElement} form @param {{name: string, value: string, checked?: boolean}[]} kept */
async function fill(form, kept) {
  if (form.querySelector("#add-line")) {
    const { growTo } = await import("./invoice_lines.js");
    growTo(kept.filter((one) => one.name === "description").length);
  }
  const left = [...kept];
  for (const field of fieldsOf(form)) {
    const at = left.findIndex((one) => one.name === field.name && (!isBox(field) || one.value === field.value));
    if (at < 0) continue;
    const [one] = left.splice(at, 1);
    if (isBox(field)) field.checked = one.checked ?? false;
    else field.value = one.value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/**
 * @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} field
 * @returns {field is HTMLInputElement}
 */
const isBox = (field) => field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type);

/** Called on every page. */
export function keepTyped() {
  if (document.body.dataset.account) {
    giveBack();
    document.addEventListener("submit", (event) => keep(/** @type {HTMLFormElement} */ (event.target)));
  } else if (document.querySelector("[data-sign-in]")) {
    sessionStorage.setItem("signed-in-again", "");
  }
}
