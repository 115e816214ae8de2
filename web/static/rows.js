// The board's rows: those that are pending, and the lane of those decided. A row bears the database time at which it was
// read; the newest reading wins, whatever the order of arrival, so that snapshot + events = snapshot. Keyboard focus stays
// where it is, whatever comes and goes.
import { showTimes } from "./times.js";
import { lasting, milliseconds, renewAll, writeAges } from "./ages.js";

/**
 * What a change says of one request: its row while it is pending, its line in the lane once it is decided.
 * @typedef {{id: string, read_at: number, clinic?: string, html: string | null, decided?: string | null}} Change
 */

/** @type {Map<string, number>} newest reading of each request seen, also of those that left */
const readings = new Map();

/** Reading of the newest snapshot: whatever was read before it is in it, or gone. */
let floor = 0;

/** The newest reading of all. A snapshot asked for now is read later, unless the database's clock is set back. */
let latest = 0;
export const newest = () => latest;

const DAY = 24 * 3600 * 1000;

/** Both lanes: pending requests oldest first, decisions newest first. The wallboard has no second one. */
const pending = { name: "rows", prefix: "request-", direction: 1 };
const decided = { name: "decided", prefix: "decided-", direction: -1 };
/** @typedef {typeof pending} Lane */

/** @param {Lane} lane */
const body = (lane) => /** @type {HTMLTableSectionElement | null} */ (document.getElementById(lane.name));

/** @param {Lane} lane @returns {HTMLTableRowElement[]} */
const rowsIn = (lane) => Array.from(body(lane)?.rows ?? []);

export const rowsPending = () => rowsIn(pending);
export const rowsDecided = () => rowsIn(decided);

/** @param {string} id */
export const rowOf = (id) => document.getElementById(pending.prefix + id);

/** @param {string} id */
export const decisionOf = (id) => document.getElementById(decided.prefix + id);

/**
 * Apply one event.
 * @param {Change} change
 * @returns {"new" | "changed" | "gone" | "old"} what became of the pending row
 */
export function apply(change) {
  if (change.read_at <= Math.max(readings.get(change.id) ?? 0, floor)) return "old";
  readings.set(change.id, change.read_at);
  latest = Math.max(latest, change.read_at);
  settle(decided, change.id, change.decided ?? null);
  return settle(pending, change.id, change.html);
}

/** @param {Lane} lane @param {string} id @param {string | null} html */
function settle(lane, id, html) {
  const old = document.getElementById(lane.prefix + id);
  if (html === null) {
    if (old) leave(old);
    return old ? "gone" : "old";
  }
  const row = parse(html);
  showTimes(row);
  writeAges(row);
  if (old) become(old, row);
  else insert(lane, row);
  if (lane === decided) trim();
  return old ? "changed" : "new";
}

/** @param {Element | null} row */
export const assignLink = (row) => /** @type {HTMLAnchorElement | null | undefined} */ (row?.querySelector("a[data-assign]"));

/** @param {HTMLElement} old @param {HTMLElement} row  a later reading of it */
function become(old, row) {
  if (lasting(old) === lasting(row)) {
    renewAll(old, row);
    return writeAges(old);
  }
  const focused = old.contains(document.activeElement);
  old.replaceWith(row);
  if (focused) assignLink(row)?.focus();
}

/** @param {HTMLElement} row  its focus goes to the next one */
function leave(row) {
  const focused = row.contains(document.activeElement);
  const next = assignLink(row.nextElementSibling) ?? document.getElementById("main");
  row.remove();
  if (focused) next?.focus();
}

/** @param {string} html a row rendered by the server */
function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return /** @type {HTMLElement} */ (template.content.querySelector("tr"));
}

/** @param {Lane} lane @param {HTMLElement} row  goes in its place, by number at the same instant */
function insert(lane, row) {
  const place = rowsIn(lane).find((other) => after(other, row) === (lane.direction > 0));
  body(lane)?.insertBefore(row, place ?? null);
}

/** The lane of decisions is as long as a snapshot's, on a page that is open all day too. */
function trim() {
  const most = Number(body(decided)?.dataset.most ?? Infinity);
  for (const row of rowsDecided().slice(most)) leave(row);
}

/** @param {HTMLElement} one @param {HTMLElement} other */
function after(one, other) {
  const gap = Number(one.dataset.order) - Number(other.dataset.order);
  return gap > 0 || (gap === 0 && Number(one.dataset.number) > Number(other.dataset.number));
}

/**
 * Take over a snapshot: rows that it lacks and that were read before it are gone. One that is older than what was known
 * when it was asked for tells of a clock set back (a failover): then earlier readings mean nothing and it counts alone.
 * @param {ParentNode} fresh the snapshot: its `#rows`, and `#decided` if the page has that lane
 * @param {number} known `newest()` when it was asked for
 * @returns {boolean} false after a clock set back: events may have been refused meanwhile, so ask again
 */
export function takeOver(fresh, known) {
  const readAt = Number(/** @type {HTMLElement} */ (fresh.querySelector("#rows")).dataset.readAt);
  const setBack = readAt < known;
  if (setBack) {
    readings.clear();
    floor = latest = 0;
  }
  if (readAt <= floor) return true;
  for (const row of fresh.querySelectorAll("#decided > tr")) applyRow(row, row.getAttribute("data-decided"), "decided");
  for (const row of fresh.querySelectorAll("#rows > tr")) applyRow(row, row.getAttribute("data-id"), "html");
  const present = new Set(Array.from(fresh.querySelectorAll("tr"), (row) => row.id));
  for (const row of [...rowsPending(), ...rowsDecided()]) {
    if (!present.has(row.id) && (setBack || Number(row.dataset.readAt) < readAt)) leave(row);
  }
  forget(readAt);
  return !setBack;
}

/** @param {Element} row @param {string | null} id @param {"html" | "decided"} as */
function applyRow(row, id, as) {
  const readAt = Number(/** @type {HTMLElement} */ (row).dataset.readAt);
  apply({ id: id ?? "", read_at: readAt, html: null, [as]: row.outerHTML });
}

/** @param {number} readAt  older readings need not be remembered: the snapshot stands for them */
function forget(readAt) {
  floor = readAt;
  latest = Math.max(latest, readAt);
  for (const [id, reading] of readings) if (reading < floor) readings.delete(id);
}

/** Remember what the page came with. */
export function begin() {
  for (const row of rowsDecided()) readings.set(row.dataset.decided ?? "", Number(row.dataset.readAt));
  for (const row of rowsPending()) readings.set(row.dataset.id ?? "", Number(row.dataset.readAt));
  floor = Number(body(pending)?.dataset.readAt);
  latest = Math.max(floor, ...readings.values());
}

/** @param {Set<string>} clinics  whose rows are not to be seen */
export function hide(clinics) {
  for (const row of [...rowsPending(), ...rowsDecided()]) if (clinics.has(row.dataset.clinic ?? "")) leave(row);
}

/** Decisions leave the lane a day after they were made. */
export function dropOld() {
  for (const row of rowsDecided()) if (milliseconds(row) >= DAY) leave(row);
}
