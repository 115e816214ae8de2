// Who waits at this host's doors, told on every page of theirs: a bar with the names and the way there, the tab's title,
// and a sound or a notification (knock_alerts.js).
import { clock } from "./ages.js";
import { alertOfKnocks, beginKnockAlerts } from "./knock_alerts.js";
import { announce, fetchJson, listen } from "./live_socket.js";
import { knocked } from "./title.js";

/**
 * @typedef {{admission: string, epoch: number, name: string, session: string, service: string, waited_ms: number,
 *   closes_in_ms: number}} Knock
 * @typedef {{read_at: number, knocks: Knock[]}} Knocks
 */

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const part = (/** @type {ParentNode} */ root, /** @type {string} */ name) => /** @type {HTMLElement} */ (root.querySelector(`[data-${name}]`));
const bar = element("knocks");
const list = /** @type {HTMLElement} */ (bar.querySelector("ul"));
const visited = document.getElementById("visit")?.dataset.session;

/** @type {Map<string, HTMLElement>} the bar's lines, by session */
const lines = new Map();
/** @type {Map<HTMLElement, number>} when the longest of a line began to wait, on this browser's monotonic clock */
const began = new Map();
let newest = 0;
let closing = 0;

/** What was told in this tab, so that going to another page is no news. */
const HEARD = "knocks-heard";
const key = (/** @type {Knock} */ { admission, epoch }) => `${admission} ${epoch}`;

/** @param {Knock[]} knocks @returns {Knock[]} those that this tab has not told yet */
function take(knocks) {
  const heard = new Set(JSON.parse(sessionStorage.getItem(HEARD) ?? "[]"));
  sessionStorage.setItem(HEARD, JSON.stringify(knocks.map(key)));
  return knocks.filter((knock) => !heard.has(key(knock)));
}

/** @param {Knocks} told */
function changed({ read_at, knocks }) {
  if (read_at < newest) return;
  newest = read_at;
  show(knocks);
  knocked(knocks.length);
  const fresh = take(knocks);
  // The visit's own page tells of its own waiting room by itself.
  const elsewhere = fresh.filter(({ session }) => session !== visited);
  if (elsewhere.length) announce(element("knocks-said"), waits(elsewhere));
  if (fresh.length) alertOfKnocks(fresh.map(key));
  clearTimeout(closing);
  if (knocks.length) closing = setTimeout(load, Math.min(...knocks.map(({ closes_in_ms }) => closes_in_ms)) + 500);
}

/** @param {Knock[]} knocks */
const waits = (knocks) => `${knocks.map(({ name }) => name).join(", ")} ${knocks.length === 1 ? "is" : "are"} waiting for you`;

/** @param {Knock[]} knocks */
function show(knocks) {
  /** @type {Map<string, Knock[]>} */
  const doors = new Map();
  for (const knock of knocks) if (knock.session !== visited) doors.set(knock.session, [...(doors.get(knock.session) ?? []), knock]);
  for (const [session, line] of lines) if (!doors.has(session)) forget(session, line);
  for (const [session, waiting] of doors) showLine(session, waiting);
  bar.hidden = doors.size === 0;
  document.body.toggleAttribute("data-knocks", doors.size > 0);
}

/** @param {string} session @param {HTMLElement} line */
function forget(session, line) {
  if (line.contains(document.activeElement)) element("main").focus();
  line.remove();
  lines.delete(session);
  began.delete(line);
}

/** @param {string} session @param {Knock[]} waiting longest first */
function showLine(session, waiting) {
  const line = lines.get(session) ?? makeLine(session);
  part(line, "names").textContent = waits(waiting);
  part(line, "service").textContent = waiting[0].service;
  began.set(line, performance.now() - waiting[0].waited_ms);
  count();
}

/** @param {string} session */
function makeLine(session) {
  const template = /** @type {HTMLTemplateElement} */ (element("knock-line"));
  const line = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
  const link = /** @type {HTMLAnchorElement} */ (line.querySelector("a"));
  link.href = `/sessions/${session}`;
  if (visited) link.target = "_blank"; // the visit on this page goes on
  list.append(line);
  lines.set(session, line);
  return line;
}

function count() {
  for (const [line, since] of began) part(line, "waited").textContent = clock(performance.now() - since);
}

async function load() {
  const told = /** @type {Knocks | null} */ (await fetchJson("/knocks"));
  if (told) changed(told);
  return told !== null;
}

beginKnockAlerts();
setInterval(count, 1000);
listen({ events: { "knocks.changed": changed }, load, state: (name) => { bar.dataset.line = name; } });
