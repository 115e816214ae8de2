// The queue as both the board and the wallboard watch it: events and snapshots in, and out comes what is new and what turned
// red, each told once.
import * as rows from "./rows.js";
import { afterAges, showAges } from "./ages.js";
import { forgetAside, hiddenClinics, isHidden, readFilter } from "./filter.js";
import { fetchPart, listen } from "./live_socket.js";
import { rendered, titled } from "./title.js";

/**
 * @typedef {object} Page
 * @property {string} path  the snapshot's
 * @property {Record<string, string>} [auth]  what the socket says when it connects
 * @property {Record<string, (message: any) => void>} [events]  besides `request.changed`
 * @property {(name: string) => void} state  "live" or "lost"
 * @property {() => void} [asking]  a snapshot is about to be asked for: it will hold whatever came before
 * @property {(fresh: ParentNode | null, id: string | null) => void} changed  a snapshot was taken over, or one request changed
 * @property {(fresh: HTMLElement[], red: HTMLElement[]) => void} news  rows that came, rows that turned red
 */

/** Milliseconds in which events are noticed together: one change can touch a hundred rows. */
const TOGETHER = 50;

/** @type {Set<string>} requests that were told as new, or were there from the beginning */
const noticed = new Set();
/** @type {Set<string>} the same for red ones */
const reds = new Set();

const isRed = (/** @type {HTMLElement} */ row) => row.querySelector(".age-red") !== null;
const countRed = () => rows.rowsPending().filter(isRed).length;

/** @param {Set<string>} known @param {HTMLElement[]} some  @returns {HTMLElement[]} those not known before */
function take(known, some) {
  const fresh = some.filter((row) => !known.has(row.dataset.id ?? ""));
  for (const row of fresh) known.add(row.dataset.id ?? "");
  return fresh;
}

/** These are no news: they were there before, and hidden. @param {HTMLElement[]} some */
function know(some) {
  take(noticed, some);
  take(reds, some.filter(isRed));
}

/** How many wait, are red, were decided: in the tab's title, and wherever the page says so. */
function count() {
  const counts = { pending: rows.rowsPending().length, red: countRed(), decided: rows.rowsDecided().length };
  const short = counts.red ? `${counts.pending} · ${counts.red} red` : String(counts.pending);
  const told = counts.pending ? `(${short}) ${rendered}` : rendered;
  titled(told);
  for (const [name, number] of Object.entries(counts)) {
    for (const place of document.querySelectorAll(`[data-count=${name}]`)) place.textContent = String(number);
    for (const none of document.querySelectorAll(`[data-none=${name}]`)) /** @type {HTMLElement} */ (none).hidden = number > 0;
  }
}

/** A new row is easy to find; nothing moves for those who asked for less motion. @param {HTMLElement} row */
function flash(row) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  row.animate([{ backgroundColor: "rgb(245 159 0 / .2)" }, { backgroundColor: "transparent" }], { duration: 2500 });
}

/**
 * Watch for ever.
 * @param {Page} page
 * @returns {() => Promise<void>} loads now
 */
export function watchQueue(page) {
  let soon = 0;

  function notice() {
    clearTimeout(soon);
    soon = 0;
    const fresh = take(noticed, rows.rowsPending());
    const red = take(reds, rows.rowsPending().filter(isRed));
    if (fresh.length + red.length) {
      fresh.forEach(flash);
      page.news(fresh, red);
    }
    count();
  }

  /** @param {rows.Change} change */
  function changed(change) {
    if (isHidden(change)) return;
    rows.apply(change);
    page.changed(null, change.id);
    soon ||= setTimeout(notice, TOGETHER);
  }

  /** @returns {Promise<boolean | null>} */
  async function load() {
    const known = rows.newest();
    forgetAside();
    page.asking?.();
    const { html, good } = await fetchPart(page.path);
    if (html === null) return good;
    const template = document.createElement("template");
    template.innerHTML = html;
    const before = hiddenClinics();
    const whole = rows.takeOver(template.content, known);
    const aside = readFilter(template.content);
    rows.hide(hiddenClinics());
    know(rows.rowsPending().filter((row) => before.has(row.dataset.clinic ?? "")));
    page.changed(template.content, null);
    notice();
    aside.forEach(changed);
    return whole ? good : load();
  }

  rows.begin();
  readFilter(document);
  showAges();
  know(rows.rowsPending());
  count();
  afterAges(() => {
    rows.dropOld();
    notice();
  });
  // In a hidden tab, too, the title and the sound know at once what turned red.
  new Worker("/static/ticker.js").addEventListener("message", () => { if (document.hidden) showAges(); });
  return listen({ ...page, events: { "request.changed": changed, ...page.events }, load });
}
