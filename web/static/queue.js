// The queue as both the board and the wallboard watch it: events and snapshots in, and out comes what is new and what turned
// red, each told once.
import * as rows from "./rows.js";
import { afterAges, showAges } from "./ages.js";
import { forgetAside, hiddenClinics, isHidden, readFilter } from "./filter.js";
import { fetchPart, listen } from "./live_socket.js";

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

const title = document.title;
const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

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

/** How many wait and how many are red: in the tab's title, and wherever the page says so. */
function count() {
  const [pending, red] = [rows.rowsPending().length, countRed()];
  const counts = red ? `${pending} · ${red} red` : String(pending);
  const told = pending ? `(${counts}) ${title}` : title;
  if (document.title !== told) document.title = told;
  element("empty").hidden = pending > 0;
  for (const place of document.querySelectorAll("[data-count]")) {
    place.textContent = String(place.getAttribute("data-count") === "red" ? red : pending);
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
 * @returns {{refresh: () => Promise<void>, quietly: () => Promise<void>}} load now; the same, and nothing of it is news
 */
export function watchQueue(page) {
  let quiet = true;

  function notice() {
    const fresh = take(noticed, rows.rowsPending());
    const red = take(reds, rows.rowsPending().filter(isRed));
    if (!quiet && fresh.length + red.length) {
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
    notice();
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
    const whole = rows.takeOver(template.content, known);
    const aside = readFilter(template.content);
    rows.hide(hiddenClinics());
    page.changed(template.content, null);
    notice();
    aside.forEach(changed);
    return whole ? good : load();
  }

  rows.begin();
  readFilter(document);
  showAges();
  notice();
  quiet = false;
  afterAges(() => {
    rows.dropOld();
    notice();
  });
  const refresh = listen({ ...page, events: { "request.changed": changed, ...page.events }, load });
  return {
    refresh,
    async quietly() {
      quiet = true;
      await refresh();
      quiet = false;
    },
  };
}
