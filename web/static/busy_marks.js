// In the Assign form: marks the times at which the chosen provider has a session. The providers are renewed while the
// form is open, and the form comes and goes in its dialog, so the whole page is watched.

/** @param {HTMLFormElement} form */
function mark(form) {
  const chosen = /** @type {HTMLInputElement | null} */ (form.querySelector("input[name=host]:checked"));
  const busy = new Set((chosen?.dataset.busy ?? "").split(" "));
  for (const button of form.querySelectorAll("button[name=time]")) {
    const mark = /** @type {HTMLElement | null} */ (button.querySelector(".busy-mark"));
    const hidden = !busy.has(/** @type {HTMLButtonElement} */ (button).value);
    if (mark && mark.hidden !== hidden) mark.hidden = hidden;
  }
}

function markAll() {
  for (const form of document.querySelectorAll("form[data-decide][data-request]")) {
    mark(/** @type {HTMLFormElement} */ (form));
  }
}

markAll();
document.addEventListener("change", markAll);
new MutationObserver(markAll).observe(document.getElementById("assign") ?? document.body, { childList: true, subtree: true });
