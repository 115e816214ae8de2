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
