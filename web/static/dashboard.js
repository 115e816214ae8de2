// A person's own page: its live part is fetched again whenever the socket says that something changed. What says the same
// as before stays in place, with its focus, caret and error.
import { lasting, renew, renewAll, showAges } from "./ages.js";
import { send } from "./decide.js";
import { fetchPart, listen, stateLine } from "./live_socket.js";
import { showTimes } from "./times.js";

const live = /** @type {HTMLElement} */ (document.getElementById("live"));

async function load() {
  const { html, good } = await fetchPart(live.dataset.part ?? "");
  if (html !== null) show(html);
  return good;
}

/** @param {string} html  the fresh live part */
function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  showTimes(template.content);
  const putBack = keepTyped();
  settle(live, template.content);
  putBack();
  showAges();
  wakeAtTurn();
}

/**
 * Make `old` say what `fresh` says. Children that say it already stay untouched and in place, since a moved element loses
 * its focus; of a child that says it in part, the inside is settled in turn; the others are replaced.
 * @param {Element} old
 * @param {ParentNode} fresh
 */
function settle(old, fresh) {
  const children = Array.from(fresh.children);
  const wanted = new Set(children.map(lasting));
  const left = Array.from(old.children);
  for (const child of children) {
    const said = lasting(child);
    const same = left.findIndex((one) => lasting(one) === said);
    const at = same >= 0 ? same : untilWanted(left, wanted).findIndex((one) => frame(one) === frame(child));
    if (at < 0) {
      old.insertBefore(child, left[0] ?? null);
      continue;
    }
    for (const gone of left.splice(0, at)) gone.remove();
    const match = /** @type {Element} */ (left.shift());
    if (same >= 0) renewAll(match, child);
    else {
      renew(match, child);
      settle(match, child);
    }
  }
  for (const gone of left) gone.remove();
}

/** @param {Element[]} left @param {Set<string>} wanted @returns {Element[]} those before the first that stays as it is */
function untilWanted(left, wanted) {
  const end = left.findIndex((one) => wanted.has(lasting(one)));
  return end < 0 ? left : left.slice(0, end);
}

/** @param {Element} element @returns {string | Element} its opening tag; itself, equal to none, if it holds text of its own */
function frame(element) {
  const texts = Array.from(element.childNodes).some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
  return texts || !element.children.length ? element : lasting(/** @type {Element} */ (element.cloneNode(false)));
}

/** @param {Element} one @param {Element} other */
const isSame = (one, other) =>
  lasting(one) === lasting(other) && one.closest("form")?.action === other.closest("form")?.action;

const CONTROLS = "a, button, summary, input, select, textarea";

/** What is being typed must outlive even its form's replacement. @returns {() => void} puts it back */
function keepTyped() {
  const kept = Array.from(live.querySelectorAll("textarea, select"), (one) => {
    const field = /** @type {HTMLTextAreaElement | HTMLSelectElement} */ (one);
    return /** @type {const} */ ([field.id, field.value]);
  });
  const marked = Array.from(live.querySelectorAll("input[type=radio]:checked"), (one) => one.id);
  const focused = live.contains(document.activeElement) ? document.activeElement : null;
  const caret = focused instanceof HTMLTextAreaElement ? [focused.selectionStart, focused.selectionEnd] : null;
  return () => {
    for (const [id, value] of kept) {
      const field = /** @type {HTMLTextAreaElement | HTMLSelectElement | null} */ (document.getElementById(id));
      if (field && field.value !== value) field.value = value;
    }
    for (const id of marked) {
      const mark = /** @type {HTMLInputElement | null} */ (document.getElementById(id));
      if (mark && !mark.checked) mark.checked = true;
    }
    if (!focused || focused.isConnected) return;
    const again = Array.from(live.querySelectorAll(CONTROLS)).find((control) => isSame(control, focused));
    /** @type {HTMLElement} */ (again ?? document.getElementById("main")).focus();
    if (caret && again instanceof HTMLTextAreaElement) again.setSelectionRange(caret[0], caret[1]);
  };
}

let turning = 0;
/** Join turns active, and inactive again, without a reload. */
function wakeAtTurn() {
  clearTimeout(turning);
  const waits = Array.from(live.querySelectorAll("[data-turns-in]"),
    (session) => Number(/** @type {HTMLElement} */ (session).dataset.turnsIn));
  const soonest = Math.min(...waits);
  if (soonest < 24 * 3600) turning = setTimeout(refresh, soonest * 1000 + 200);
}

live.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.hasAttribute("data-decide")) return;
  event.preventDefault();
  if (await send(form, /** @type {HTMLButtonElement} */ (event.submitter))) void refresh();
});

/** Counts that nothing announces are read again now and then. */
const seconds = Number(/** @type {HTMLElement | null} */ (live.querySelector("[data-refresh]"))?.dataset.refresh);
if (seconds) setInterval(() => { if (document.visibilityState === "visible") void refresh(); }, seconds * 1000);

const refresh = listen({
  events: { "dashboard.changed": () => refresh() },
  load,
  state: stateLine(/** @type {HTMLElement} */ (document.getElementById("state"))),
});
wakeAtTurn();
