// How long a request has waited. The server says the age; the browser's monotonic clock counts on, so a wrong
// clock on the wall changes nothing. Green below the limit, red from it on, and words besides the colour.

/** @type {WeakMap<Element, number>} when the request was asked, on this browser's monotonic clock */
const born = new WeakMap();

/** @param {HTMLElement} age */
function milliseconds(age) {
  let start = born.get(age);
  if (start === undefined) {
    start = performance.now() - Number(age.dataset.ageMs);
    born.set(age, start);
  }
  return performance.now() - start;
}

/** @param {number} total milliseconds, shown as 4:59 or 1:04:59 */
function clock(total) {
  const seconds = Math.floor(total / 1000);
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** What passes by itself: two readings of the same thing differ in it. */
const PASSING = ["data-read-at", "data-age-ms", "data-opens-in"];

/**
 * An element's markup without what passes by itself and without what our own scripts write into it, so that what the
 * page shows can be compared with what the server renders.
 * @param {Element} element
 */
export function lasting(element) {
  const copy = /** @type {Element} */ (element.cloneNode(true));
  for (const part of [copy, ...copy.querySelectorAll("*")]) {
    const written = part.matches("[data-age-ms], time[datetime], [data-error]");
    const names = [...PASSING, "aria-busy", ...(written ? ["class", "title", "hidden"] : [])];
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

/** Write every age on the page. */
export function showAges() {
  for (const element of document.querySelectorAll("[data-age-ms]")) {
    const age = /** @type {HTMLElement} */ (element);
    const waited = Math.max(0, milliseconds(age));
    const red = waited >= Number(age.dataset.redAfterMs);
    age.classList.toggle("age-red", red);
    age.classList.toggle("age-green", !red);
    age.textContent = red ? `${clock(waited)}, overdue` : clock(waited);
  }
}

/** Keep them right each second, and at once when the page is looked at again. */
export function countAges() {
  showAges();
  setInterval(showAges, 1000);
  document.addEventListener("visibilitychange", showAges);
}
