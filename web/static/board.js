// The board's page: rows follow the socket, the Assign dialog decides.
import * as rows from "./rows.js";
import { send, showError, wasSent } from "./decide.js";
import { announce, fetchPart, listen, stateLine } from "./live_socket.js";
import { showTimes } from "./times.js";

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const dialog = /** @type {HTMLDialogElement} */ (element("assign"));
const title = document.title;

function countRows() {
  element("empty").hidden = rows.count() > 0;
  document.title = rows.count() ? `(${rows.count()}) ${title}` : title;
}

/** @param {{id: string, read_at: number, html: string | null}} change */
function changed(change) {
  const what = rows.apply(change);
  const row = rows.rowOf(change.id);
  if (what === "new" && row) {
    announce(element("announcer"), `New request from ${row.querySelector("[data-label=Requestor]")?.textContent}`);
  }
  tellDialog();
  countRows();
}

/** Its request may have been decided elsewhere while the dialog is open. */
function tellDialog() {
  const form = dialog.querySelector("form");
  if (dialog.open && form && isOver(form) && !wasSent(form) && closeForm(form)) {
    showError(form, "This request was decided by somebody else.");
  }
}

/** @param {HTMLFormElement} form */
const isOver = (form) => !rows.rowOf(form.dataset.request ?? "");

/**
 * Nothing is left to decide: Cancel remains.
 * @param {HTMLFormElement} form
 * @returns {boolean} false if that was so before
 */
function closeForm(form) {
  const buttons = form.querySelectorAll("button:enabled");
  const focused = document.activeElement?.matches("form[data-decide] :is(button, summary)");
  for (const button of buttons) /** @type {HTMLButtonElement} */ (button).disabled = true;
  if (focused) /** @type {HTMLElement | null} */ (form.querySelector("[data-close]"))?.focus();
  return buttons.length > 0;
}

/** @returns {Promise<boolean | null>} */
async function load() {
  const known = rows.newest();
  const { html, good } = await fetchPart("/board/rows");
  if (html === null) return good;
  const whole = rows.takeOver(html, known);
  countRows();
  tellDialog();
  return whole ? good : load();
}

/** @param {HTMLAnchorElement} link */
async function openDialog(link) {
  if (document.body.dataset.state !== "live") return toast("The board is not live just now: please wait a moment.");
  const response = await fetch(`${link.href}?part`, { redirect: "manual" }).catch(() => null);
  if (response?.type === "opaqueredirect") return location.reload();
  if (!response?.ok) return void refresh();
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  dialog.replaceChildren(template.content);
  showTimes(dialog);
  dialog.showModal();
  tellDialog();
}

/** @param {string} text */
function toast(text) {
  const line = element("toast");
  line.textContent = text;
  line.hidden = false;
  setTimeout(() => { line.hidden = true; }, 6000);
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const link = /** @type {HTMLAnchorElement | null} */ (target.closest("a[data-assign]"));
  if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    void openDialog(link);
  }
  if (target.closest("[data-close]")) {
    event.preventDefault();
    dialog.close();
  }
});

dialog.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const button = /** @type {HTMLButtonElement} */ (event.submitter);
  if (button.formMethod === "get") return;
  const answer = await send(form, button);
  if (!answer) {
    if (isOver(form) && !wasSent(form)) closeForm(form);
    return;
  }
  dialog.close();
  focusFirst();
  toast(answer.session ? "Accepted: the session is booked and the invitation is on its way." : "Declined: the requester is told.");
});

function focusFirst() {
  const first = /** @type {HTMLElement | null} */ (document.querySelector("a[data-assign]"));
  (first ?? element("main")).focus();
}

// The browser gives focus back to the link that opened the dialog, if that is still there.
dialog.addEventListener("close", () => {
  if (document.activeElement === document.body || dialog.contains(document.activeElement)) focusFirst();
});

rows.begin();
countRows();
const refresh = listen({ events: { "request.changed": changed }, load, state: stateLine(element("state")) });
