// Filling in a form: what is typed is saved by itself a second later, and before the page is left. The server answers with
// the revision that the next saving names, so that another device is noticed; then nothing more is saved by itself, a note
// stands where one types, and the buttons lead to the comparison.

export {};

const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-intake]"));
const revision = /** @type {HTMLInputElement} */ (form.elements.namedItem("revision"));
const state = /** @type {HTMLElement} */ (form.querySelector("[data-saved]"));
const pauseMs = 1000;
const againMs = 5000;
const longestKeptAlive = 60_000; // browsers refuse longer bodies of what may outlive its page

let changed = false;
let stopped = false;
let leaving = false;
let timer = 0;
/** Savings follow each other: each names the revision that the one before was given. @type {Promise<void>} */
let last = Promise.resolve();

/** @param {string} text */
function tell(text) {
  state.textContent = text;
}

function save() {
  clearTimeout(timer);
  last = last.then(saveOnce);
  return last;
}

async function saveOnce() {
  if (!changed || stopped) return;
  changed = false;
  tell("Saving…");
  try {
    const fields = new URLSearchParams(/** @type {any} */ (new FormData(form))).toString();
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" },
      body: fields,
      keepalive: fields.length < longestKeptAlive,
    });
    const body = await answer.json();
    if (answer.ok) saved(body);
    else refused(body);
  } catch {
    changed = true;
    tell("Not saved yet: the connection is away. We keep trying.");
    timer = window.setTimeout(save, againMs);
  }
}

/** @param {{revision: number, answered: number, of: number}} body */
function saved(body) {
  revision.value = String(body.revision);
  const clock = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", timeZone: document.body.dataset.timeZone });
  if (!changed) tell(`Saved ${clock}`);
  for (const place of form.querySelectorAll("[data-told]")) {
    place.removeAttribute("data-told");
    place.textContent = "";
    control(place)?.removeAttribute("aria-invalid");
  }
  const progress = form.querySelector("progress");
  const text = form.querySelector("[data-progress-text]");
  if (progress) progress.value = body.answered;
  if (text) text.textContent = `${body.answered} of ${body.of} required answers`;
}

/** @param {{error: string, message: string, field: string | null}} body */
function refused(body) {
  const place = body.field ? document.getElementById(`${body.field}-problem`) : null;
  if (place) {
    place.textContent = body.message;
    place.setAttribute("data-told", "");
    control(place)?.setAttribute("aria-invalid", "true");
  } else if (body.error === "saved_elsewhere") {
    stopped = true;
    /** @type {HTMLElement} */ (form.querySelector("[data-stopped]")).hidden = false;
  }
  tell(body.error === "saved_elsewhere"
    ? "Not saved: you saved this form somewhere else meanwhile."
    : `Not saved: ${body.message}`);
}

/** @param {Element} place  where a problem is told @returns {HTMLElement | null} */
const control = (place) => document.getElementById(place.id.replace(/-problem$/, ""));

form.addEventListener("input", () => {
  changed = true;
  clearTimeout(timer);
  timer = window.setTimeout(save, pauseMs);
});
form.addEventListener("submit", (event) => {
  if (leaving) return;
  // A saving that is under way must be answered first, or the form would name a revision that is over. A form cannot be
  // sent again from within its own event: hence the timer.
  event.preventDefault();
  clearTimeout(timer);
  const by = event.submitter;
  void last.then(() => setTimeout(() => {
    leaving = true;
    form.requestSubmit(by);
  }));
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && !leaving) void save();
});
// What was typed since is nowhere else: the browser asks before it goes.
addEventListener("beforeunload", (event) => {
  if (stopped && !leaving) event.preventDefault();
});
// A page that the browser kept may name a revision that is over.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
