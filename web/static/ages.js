// How long a request has waited. The server says the age; the browser's monotonic clock counts on, so a wrong
// clock on the wall changes nothing. Green below the limit, red from it on, and words besides the colour.
// Where that clock stops while the computer sleeps, live_socket.js notices and has the page read afresh.

/** @type {WeakMap<Element, number>} when it began, on this browser's monotonic clock */
const born = new WeakMap();

/**
 * @param {HTMLElement} age  bears `data-age-ms` or `data-ago-ms`, as the server read it
 * @returns {number} milliseconds since
 */
export function milliseconds(age) {
  let start = born.get(age);
  if (start === undefined) {
    start = performance.now() - Number(age.dataset.ageMs ?? age.dataset.agoMs);
    born.set(age, start);
  }
  return performance.now() - start;
}

/** @param {number} total milliseconds, shown as 4:59 or 1:04:59 */
export function clock(total) {
  const seconds = Math.floor(total / 1000);
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** What passes by itself: two readings of the same thing differ in it. */
const PASSING = ["data-read-at", "data-age-ms", "data-ago-ms", "data-turns-in"];

/**
 * An element's markup without what passes by itself and without what our own scripts write into it, so that what the
 * page shows can be compared with what the server renders.
 * @param {Element} element
 */
export function lasting(element) {
  const copy = /** @type {Element} */ (element.cloneNode(true));
  for (const part of [copy, ...copy.querySelectorAll("*")]) {
    const written = part.matches("[data-age-ms], time[datetime], [data-error], [data-deciding]");
    const names = [...PASSING, "aria-busy", "open", "data-shown", "data-dismissed", "aria-disabled", "aria-describedby", ...(written ? ["class", "title", "hidden"] : [])];
    for (const name of names) part.removeAttribute(name);
    if (written) part.textContent = "";
  }
  return copy.outerHTML;
}

/**
 * Take over what passed since; an age counts on from the fresh one.
 * @param {Element} old
 * @param {Element} fresh
 */
export function renew(old, fresh) {
  for (const name of PASSING) {
    const value = fresh.getAttribute(name);
    if (value === null) old.removeAttribute(name);
    else old.setAttribute(name, value);
  }
  born.delete(old);
}

/**
 * The same for all that is in them; they must be alike (`lasting`).
 * @param {Element} old
 * @param {Element} fresh
 */
export function renewAll(old, fresh) {
  renew(old, fresh);
  const parts = fresh.querySelectorAll("*");
  old.querySelectorAll("*").forEach((part, index) => renew(part, parts[index]));
}

/** @type {(() => void)[]} */
const listeners = [];

/** @param {() => void} listener  told each time the ages were written */
export const afterAges = (listener) => void listeners.push(listener);

/**
 * Write the ages below `root`.
 * @param {ParentNode} root
 */
export function writeAges(root) {
  for (const element of root.querySelectorAll("[data-age-ms]")) {
    const age = /** @type {HTMLElement} */ (element);
    const waited = Math.max(0, milliseconds(age));
    const red = waited >= Number(age.dataset.redAfterMs);
    age.classList.toggle("age-red", red);
    age.classList.toggle("age-green", !red);
    age.textContent = red ? `${clock(waited)}, overdue` : clock(waited);
  }
}

/** Write every age on the page. */
export function showAges() {
  writeAges(document);
  for (const listener of listeners) listener();
}

/** Keep them right each second, and at once when the page is looked at again. */
export function countAges() {
  showAges();
  setInterval(showAges, 1000);
  document.addEventListener("visibilitychange", showAges);
}
