// The board's page: rows follow the socket, the Assign dialog decides.
import * as rows from "./rows.js";
import { send, showError } from "./decide.js";
import { fetchPart, listen, stateLine } from "./live_socket.js";
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
  if (what === "new" && row) announce(`New request from ${row.querySelector("[data-label=Requestor]")?.textContent}`);
  if (what === "gone") tellDialog(change.id);
  countRows();
}

/** @param {string} text */
function announce(text) {
  element("announcer").textContent = text;
}

/** @param {string} id  its request was decided elsewhere while the dialog is open */
function tellDialog(id) {
  const form = dialog.querySelector("form");
  if (dialog.open && form?.dataset.request === id && !form.dataset.sent) {
    showError(form, "This request was decided by somebody else.");
  }
}

async function load() {
  const { html, good } = await fetchPart("/board/rows");
  if (html !== null) {
    rows.takeOver(html);
    countRows();
  }
  return good;
}

/** @param {HTMLAnchorElement} link */
async function openDialog(link) {
  if (document.body.dataset.state !== "live") return toast("The board is not live just now: please wait a moment.");
  const response = await fetch(`${link.href}?part`).catch(() => null);
  if (!response?.ok) return void refresh();
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  dialog.replaceChildren(template.content);
  showTimes(dialog);
  dialog.showModal();
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
  form.dataset.sent = "yes";
  const answer = await send(form, button);
  delete form.dataset.sent;
  if (!answer) return;
  dialog.close();
  const next = /** @type {HTMLElement | null} */ (document.querySelector("a[data-assign]"));
  (next ?? element("main")).focus();
  toast(answer.session ? "Accepted: the session is booked and the invitation is on its way." : "Declined: the requester is told.");
});

rows.begin();
countRows();
const refresh = listen({ events: { "request.changed": changed }, load, state: stateLine(element("state")) });
