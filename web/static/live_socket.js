// The one-way socket of boards, dashboards and knocks: it knows no page.
import { io } from "/static/vendor/socket.io.esm.min.js";
import { zone } from "./zone.js";

const USUAL = 500;

/** @typedef {ReturnType<typeof io>} Socket */
/** @type {Socket | null} one for all that listens on a page */
let shared = null;
/** Whether the page itself listens, and not only what stands on every page. */
let isOwn = false;

/** @param {Record<string, string>} auth  what the first who listens says */
function boardSocket(auth) {
  if (shared) return shared;
  const socket = shared = io("/board", { transports: ["websocket"], reconnectionDelay: USUAL, reconnectionDelayMax: 3000, auth });
  // The server ends and says when it is back: Socket.IO spreads its first try from half of this to one and a half.
  socket.on("server.drained", (/** @type {{back_in_ms: number}} */ { back_in_ms }) => socket.io.reconnectionDelay(back_in_ms));
  socket.on("connect", () => socket.io.reconnectionDelay(USUAL));
  // Socket.IO comes back by itself when the network failed, not when the server refused or ended it.
  const again = () => { if (!socket.active) socket.connect(); };
  const comeBack = () => { if (!socket.active) setTimeout(again, 1000 + Math.random() * 1000); };
  socket.on("disconnect", comeBack);
  socket.on("connect_error", (/** @type {Error} */ error) => {
    if (error.message !== "signed out") comeBack();
    // A page that lives by the socket leads to the sign-in; on any other what is being typed stays until it is sent.
    else if (isOwn && !reload()) comeBack();
  });
  socket.on("portal.changed", () => setTimeout(followPortal, Math.random() * 500));
  onSleep(() => {
    // The connection may be dead without knowing it: a new one tells.
    socket.disconnect();
    socket.connect();
  });
  return socket;
}

/**
 * Listen for ever. `load` fetches the page's live part and tells whether that worked (null: a later one will tell); it is
 * called after every (re)connection, because anything may have changed before it, and whenever the page wakes. `state` is
 * told "live" only when both the socket and the last load are good. What is `aside` stands on every page, and never leads
 * away from one.
 * @param {{events: Record<string, (message: any) => void>, load: () => Promise<boolean | null>, state: (name: string) => void,
 *   auth?: Record<string, string>, aside?: boolean}} page
 * @returns {() => Promise<void>} loads now
 */
export function listen({ events, load, state, auth = {}, aside = false }) {
  isOwn ||= !aside;
  const socket = boardSocket(auth);
  let retry = 0;
  async function refresh() {
    clearTimeout(retry);
    const good = await load();
    if (good === null) return;
    state(good && socket.connected ? "live" : "lost");
    if (!good) retry = setTimeout(refresh, 1000 + Math.random() * 500);
  }
  socket.on("connect", refresh);
  socket.on("disconnect", () => state("lost"));
  socket.on("connect_error", () => state("lost"));
  socket.on("board.resync", () => setTimeout(refresh, Math.random() * 500));
  socket.on("portal.changed", () => setTimeout(refresh, Math.random() * 500));
  for (const [name, handle] of Object.entries(events)) socket.on(name, handle);
  const wake = () => { if (document.visibilityState === "visible" && socket.connected) void refresh(); };
  document.addEventListener("visibilitychange", wake);
  addEventListener("pageshow", wake);
  addEventListener("online", wake);
  addEventListener("offline", () => state("lost"));
  if (socket.connected) void refresh();
  return refresh;
}

const PORTAL = "nav[aria-label=Main], [data-portal]";
/**
 * The portal has other features: navigation and what is marked `data-portal` say so, a page that is gone is loaded again,
 * which tells why, and one that said so comes back.
 */
async function followPortal() {
  const isOff = document.querySelector("[data-feature-off]") !== null;
  const response = await fetch(location.href, { redirect: "manual" }).catch(() => null);
  // Not a reload, which would post again what led here.
  if (isOff && response?.ok) return location.replace(location.pathname + location.search);
  if (!isOff && (response?.status === 403 || response?.status === 404)) return void reload();
  if (!response) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll(PORTAL)) {
    const name = part.getAttribute("data-portal");
    const fresh = page.querySelector(name ? `[data-portal="${name}"]` : "nav[aria-label=Main]");
    if (fresh && part.innerHTML !== fresh.innerHTML) part.replaceChildren(...Array.from(fresh.childNodes));
  }
}

const TICK = 1000;
const JUMP = 3000;
const STANDSTILL = 90_000;
/**
 * Tell when this computer slept. Either the clock on the wall ran on while the monotonic one stood still, or no timer ran
 * for longer than browsers let hidden pages wait (a minute). A clock that somebody sets looks the same and does no harm.
 * @param {() => void} slept
 */
function onSleep(slept) {
  let wall = Date.now();
  let steady = performance.now();
  setInterval(() => {
    const passed = Date.now() - wall;
    const counted = performance.now() - steady;
    wall += passed;
    steady += counted;
    if (Math.abs(passed - counted) > JUMP || counted > STANDSTILL) slept();
  }, TICK);
}

/**
 * Reload, which leads whoever is signed out to the sign-in page; at most once in ten seconds, should it lead back here.
 * @returns {boolean} whether it does
 */
function reload() {
  const since = Date.now() - Number(sessionStorage.getItem("reloaded"));
  if (Math.abs(since) < 10_000) return false;
  sessionStorage.setItem("reloaded", String(Date.now()));
  location.reload();
  return true;
}

let asked = 0;
/**
 * Fetch a part of the page. `html` is null if it failed. Both are null if a later fetch was begun meanwhile: only that
 * one counts.
 * A sign-in that has ended leads to the sign-in page.
 * @param {string} path
 * @returns {Promise<{html: string | null, good: boolean | null}>}
 */
export async function fetchPart(path) {
  const mine = ++asked;
  const response = await fetch(path, { redirect: "manual" }).catch(() => null);
  // Signed out, or the page is theirs no more: the page itself says so.
  if (response?.type === "opaqueredirect" || response?.status === 404) reload();
  const html = response?.ok ? await response.text().catch(() => null) : null;
  return mine === asked ? { html, good: html !== null } : { html: null, good: null };
}

/** @type {Intl.DateTimeFormatOptions} */
const MINUTE = { hour: "2-digit", minute: "2-digit", timeZone: zone };

/**
 * An honest state line, and data-state on the body: decisions are off while it is not live.
 * @param {HTMLElement} line
 * @returns {(name: string) => void}
 */
export function stateLine(line) {
  return (name) => {
    if (document.body.dataset.state === name) return;
    document.body.dataset.state = name;
    line.textContent = name === "live" ? "Live" : `Reconnecting since ${new Date().toLocaleTimeString([], MINUTE)}`;
  };
}

/** @type {WeakMap<HTMLElement, string[]>} what waits to be said */
const unsaid = new WeakMap();

/**
 * Have a screen reader say it, also when it is what was said last; what comes at the same moment is said in one breath.
 * @param {HTMLElement} line
 * @param {string} text
 */
export function announce(line, text) {
  const waiting = unsaid.get(line);
  if (waiting) return void waiting.push(text);
  const texts = [text];
  unsaid.set(line, texts);
  line.textContent = "";
  setTimeout(() => {
    line.textContent = texts.join(". ");
    unsaid.delete(line);
  }, 100);
}

/**
 * @param {string} path
 * @returns {Promise<unknown>} what it answers, or null
 */
export async function fetchJson(path) {
  const response = await fetch(path, { redirect: "manual", headers: { Accept: "application/json" } }).catch(() => null);
  return response?.ok ? response.json().catch(() => null) : null;
}
