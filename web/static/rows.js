// The board's rows. A row bears the database time at which it was read; the newest reading wins, whatever the order of
// arrival, so that snapshot + events = snapshot. Keyboard focus stays where it is, whatever comes and goes.
import { showTimes } from "./times.js";
import { lasting, renewAll, showAges } from "./ages.js";

/** @type {Map<string, number>} newest reading of each request seen, also of those that left */
const readings = new Map();

/** Reading of the newest snapshot: whatever was read before it is in it, or gone. */
let floor = 0;

/** The newest reading of all. A snapshot asked for now is read later, unless the database's clock is set back. */
let latest = 0;
export const newest = () => latest;

const body = () => /** @type {HTMLTableSectionElement} */ (document.getElementById("rows"));

/** @param {string} id */
export const rowOf = (id) => document.getElementById(`request-${id}`);

/**
 * Apply one event.
 * @param {{id: string, read_at: number, html: string | null}} change
 * @returns {"new" | "changed" | "gone" | "old"}
 */
export function apply(change) {
  if (change.read_at <= Math.max(readings.get(change.id) ?? 0, floor)) return "old";
  readings.set(change.id, change.read_at);
  latest = Math.max(latest, change.read_at);
  const old = rowOf(change.id);
  if (change.html === null) {
    if (old) leave(old);
    return old ? "gone" : "old";
  }
  const row = parse(change.html);
  showTimes(row);
  if (old) become(old, row);
  else insert(row);
  showAges();
  return old ? "changed" : "new";
}

/** @param {Element | null} row */
const assignLink = (row) => /** @type {HTMLElement | null | undefined} */ (row?.querySelector("a[data-assign]"));

/** @param {HTMLElement} old @param {HTMLElement} row  a later reading of it */
function become(old, row) {
  if (lasting(old) === lasting(row)) return renewAll(old, row);
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

/** @param {HTMLElement} row  goes in its place: oldest first, by number at the same instant */
function insert(row) {
  const place = Array.from(body().rows).find((other) => after(other, row));
  body().insertBefore(row, place ?? null);
}

/** @param {HTMLElement} one @param {HTMLElement} other */
function after(one, other) {
  const gap = Number(one.dataset.order) - Number(other.dataset.order);
  return gap > 0 || (gap === 0 && Number(one.dataset.number) > Number(other.dataset.number));
}

/**
 * Take over a snapshot: rows that it lacks and that were read before it are gone. One that is older than what was known
 * when it was asked for tells of a clock set back (a failover): then earlier readings mean nothing and it counts alone.
 * @param {string} html the snapshot's tbody
 * @param {number} known `newest()` when it was asked for
 * @returns {boolean} false after a clock set back: events may have been refused meanwhile, so ask again
 */
export function takeOver(html, known) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = /** @type {HTMLElement} */ (template.content.querySelector("#rows"));
  const readAt = Number(fresh.dataset.readAt);
  const setBack = readAt < known;
  if (setBack) {
    readings.clear();
    floor = latest = 0;
  }
  if (readAt <= floor) return true;
  const present = new Set();
  for (const row of fresh.querySelectorAll("tr")) {
    present.add(row.dataset.id);
    apply({ id: row.dataset.id ?? "", read_at: Number(row.dataset.readAt), html: row.outerHTML });
  }
  for (const row of Array.from(body().rows)) {
    if (!present.has(row.dataset.id) && (setBack || Number(row.dataset.readAt) < readAt)) leave(row);
  }
  forget(readAt);
  return !setBack;
}

/** @param {number} readAt  older readings need not be remembered: the snapshot stands for them */
function forget(readAt) {
  floor = readAt;
  latest = Math.max(latest, readAt);
  for (const [id, reading] of readings) if (reading < floor) readings.delete(id);
}

/** Remember what the page came with. */
export function begin() {
  for (const row of body().rows) readings.set(row.dataset.id ?? "", Number(row.dataset.readAt));
  floor = Number(body().dataset.readAt);
  latest = Math.max(floor, ...readings.values());
}

export const count = () => body().rows.length;
