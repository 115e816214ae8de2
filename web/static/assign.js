// The Assign dialog. Its form decides; while it is open its providers stay as fresh as the board, and it says when somebody
// else decided, or decides too.
import { lasting, writeAges } from "./ages.js";
import { send, showError, wasSent } from "./decide.js";
import { decidingWords, holdDeciding } from "./deciding.js";
import { assignLink, decisionOf, rowOf, rowsPending } from "./rows.js";
import { showTimes } from "./times.js";

const PROVIDERS = "[data-live=providers]";
const STALE = "The board is reconnecting. You can decide again as soon as it is live.";
const GONE = "This request is no longer on your board: it was decided, or its clinic is hidden.";

/**
 * @param {{refresh: () => Promise<void>, toast: (text: string) => void}} page
 */
export function assignDialog({ refresh, toast }) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("assign"));
  let release = () => {};
  let fetches = 0;

  const form = () => (dialog.open ? dialog.querySelector("form") : null);
  const requestOf = (/** @type {HTMLFormElement} */ open) => open.dataset.request ?? "";
  const isLive = () => document.body.dataset.state === "live";

  /** @param {string} address @returns {Promise<DocumentFragment | null>} */
  async function fetchForm(address) {
    const response = await fetch(`${address}?part`, { redirect: "manual" }).catch(() => null);
    if (response?.type === "opaqueredirect") {
      location.reload(); // signed out: it leads to the sign-in page
      return new Promise(() => {});
    }
    if (!response?.ok) return null;
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    showTimes(template.content);
    writeAges(template.content);
    return template.content;
  }

  /** @param {HTMLAnchorElement} link @param {boolean} [decline] ready at Decline; it is never pressed for anybody */
  async function open(link, decline = false) {
    if (!isLive()) return toast(STALE);
    const fresh = await fetchForm(link.href);
    if (!fresh) return void refresh();
    if (dialog.open) return;
    dialog.replaceChildren(fresh);
    dialog.showModal();
    const whole = /** @type {HTMLFormElement} */ (form());
    const start = decline ? declineButton(whole) : whole.querySelector("input[type=radio]:checked, input[type=radio]");
    /** @type {HTMLElement} */ (start ?? whole.querySelector("#assign-title")).focus();
    release = holdDeciding(requestOf(whole));
    tell();
  }

  /** The request of the open dialog may have changed. @param {string | null} id  null: any may have */
  function changed(id) {
    const whole = form();
    if (!whole || (id !== null && id !== requestOf(whole))) return;
    tell();
    if (!isOver(whole)) void renewProviders(whole);
  }

  /** Those whom the open dialog lists may have changed, though its request did not. @param {string} clinic */
  function providersChanged(clinic) {
    const whole = form();
    if (whole && rowOf(requestOf(whole))?.dataset.clinic === clinic) void renewProviders(whole);
  }

  /** @param {HTMLFormElement} whole */
  async function renewProviders(whole) {
    const mine = ++fetches;
    const fresh = (await fetchForm(`/requests/${requestOf(whole)}/assign`))?.querySelector(PROVIDERS);
    const old = whole.querySelector(PROVIDERS);
    if (!fresh || !old || mine !== fetches || lasting(old) === lasting(fresh)) return;
    const again = (/** @type {Element | null} */ one) => one instanceof HTMLInputElement
      ? Array.from(fresh.querySelectorAll("input")).find((other) => other.name === one.name && other.value === one.value) : null;
    for (const one of old.querySelectorAll("input:checked")) {
      const kept = again(one);
      if (kept) kept.checked = true;
    }
    const focused = old.querySelector(":focus");
    const next = again(focused);
    old.replaceWith(fresh);
    if (focused) (next ?? /** @type {HTMLElement} */ (whole.querySelector("#assign-title"))).focus();
  }

  /** What has to be known before deciding: it is too late, the board is stale, or somebody else is at it. */
  function tell() {
    const whole = form();
    if (!whole) return;
    if (isOver(whole)) {
      if (!wasSent(whole) && closeForm(whole)) showError(whole, decisionOf(requestOf(whole))?.dataset.told ?? GONE);
      return news(whole, "");
    }
    freeze(whole, !isLive());
    const others = decidingWords(requestOf(whole));
    news(whole, isLive() ? others && `${others} this request, too.` : STALE);
  }

  dialog.addEventListener("submit", async (event) => {
    event.preventDefault();
    const whole = /** @type {HTMLFormElement} */ (event.target);
    const button = /** @type {HTMLButtonElement} */ (event.submitter);
    if (button.formMethod === "get") return;
    const answer = await send(whole, button);
    if (!answer) {
      if (isOver(whole) && !wasSent(whole)) closeForm(whole);
      return;
    }
    dialog.close();
    focusFirst();
    toast(answer.session ? "Accepted: the session is booked and the invitation is on its way." : "Declined: the requester is told.");
  });

  dialog.addEventListener("close", () => {
    release();
    release = () => {};
    // The browser gives focus back to the link that opened the dialog, if that is still there.
    if (document.activeElement === document.body || dialog.contains(document.activeElement)) focusFirst();
  });

  return { open, changed, providersChanged, tell };
}

/** @param {HTMLFormElement} form */
const isOver = (form) => !rowOf(form.dataset.request ?? "");

/** @param {HTMLFormElement} form */
const declineButton = (form) => /** @type {HTMLElement | null} */ (form.querySelector("button[formaction$='/decline']"));

/**
 * Nothing is left to decide: Cancel remains.
 * @param {HTMLFormElement} form
 * @returns {boolean} false if that was so before
 */
function closeForm(form) {
  if (form.dataset.over) return false;
  form.dataset.over = "true";
  const focused = document.activeElement?.matches("form[data-decide] :is(button, summary, input)");
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  if (focused) /** @type {HTMLElement | null} */ (form.querySelector("[data-close]"))?.focus();
  return true;
}

/** While the board is stale nothing can be decided; what was typed stays. @param {HTMLFormElement} form @param {boolean} stale */
function freeze(form, stale) {
  for (const button of form.querySelectorAll("button")) {
    if (stale && !button.disabled) button.dataset.frozen = "true";
    else if (stale || !button.dataset.frozen) continue;
    else delete button.dataset.frozen;
    button.disabled = stale;
  }
}

/** @param {HTMLFormElement} form @param {string} words */
function news(form, words) {
  let line = /** @type {HTMLElement | null} */ (form.querySelector("[data-news]"));
  if (!line && words) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("dialog-news"));
    form.querySelector("#assign-title")?.after(template.content.cloneNode(true));
    line = form.querySelector("[data-news]");
  }
  if (!line) return;
  if (line.textContent !== words) line.textContent = words;
  line.hidden = !words;
}

function focusFirst() {
  const first = rowsPending().map(assignLink).find(Boolean);
  (first ?? /** @type {HTMLElement} */ (document.getElementById("main"))).focus();
}
