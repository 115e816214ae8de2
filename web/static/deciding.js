// Who is deciding which request just now: "Ana is deciding" on the row. It informs and never blocks.
import { rowOf } from "./rows.js";

const RENEW = 10_000;

/** @type {Map<string, string[]>} request -> names, without one's own */
const names = new Map();
/** @type {string} */
let me = "";

/** @param {string} own  one's own name is no news to oneself */
export const beginDeciding = (own) => { me = own; };

/** @type {Set<string>} requests of which an event told since a snapshot was asked for: it knows better */
const told = new Set();
export const forgetTold = () => told.clear();

/** @param {string} id @param {string[]} people */
export function setDeciding(id, people) {
  told.add(id);
  set(id, people);
}

/** @param {string} id @param {string[]} people */
function set(id, people) {
  const others = people.filter((name) => name !== me);
  if (others.length) names.set(id, others);
  else names.delete(id);
  showDeciding(id);
}

/** @param {Record<string, string[]>} all  what a snapshot says */
export function setAllDeciding(all) {
  const known = new Set([...names.keys(), ...Object.keys(all)]);
  for (const id of known) if (!told.has(id)) set(id, all[id] ?? []);
}

/** @param {string} id @returns {string} "Ana is deciding", or nothing */
export function decidingWords(id) {
  const people = names.get(id) ?? [];
  if (!people.length) return "";
  return `${new Intl.ListFormat("en").format(people)} ${people.length > 1 ? "are" : "is"} deciding`;
}

/** Write it on the row, which may have been rendered anew. @param {string} id */
export function showDeciding(id) {
  const line = /** @type {HTMLElement | null | undefined} */ (rowOf(id)?.querySelector("[data-deciding]"));
  if (!line) return;
  line.textContent = decidingWords(id);
  line.hidden = !line.textContent;
}

export const showAllDeciding = () => { for (const id of names.keys()) showDeciding(id); };

/**
 * Tell the others that this request's dialog is open here, until the function that is returned is called, the page is left,
 * or it stops saying so: the server forgets after half a minute.
 * @param {string} id
 * @returns {() => void}
 */
export function holdDeciding(id) {
  const say = (/** @type {boolean} */ open) => void fetch(`/requests/${id}/deciding`, {
    method: "POST", keepalive: true, body: new URLSearchParams({ open: String(open) }), headers: { Accept: "application/json" },
  }).catch(() => null);
  const renew = () => { if (document.visibilityState === "visible") say(true); };
  const leave = () => say(false);
  say(true);
  const timer = setInterval(renew, RENEW);
  document.addEventListener("visibilitychange", renew);
  addEventListener("pagehide", leave);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", renew);
    removeEventListener("pagehide", leave);
    leave();
  };
}
