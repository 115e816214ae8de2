// The one-way socket of boards and dashboards: it knows no page.
import { io } from "/static/vendor/socket.io.esm.min.js";

/**
 * Listen for ever. `load` fetches the page's live part and tells whether that worked; it is called after every
 * (re)connection, because anything may have changed before it, and whenever the page wakes. `state` is told "live"
 * only when both the socket and the last load are good.
 * @param {{events: Record<string, (message: any) => void>, load: () => Promise<boolean>, state: (name: string) => void}} page
 * @returns {() => Promise<void>} loads now
 */
export function listen({ events, load, state }) {
  const socket = io("/board", { transports: ["websocket"], reconnectionDelay: 500, reconnectionDelayMax: 3000 });
  let retry = 0;
  async function refresh() {
    clearTimeout(retry);
    const good = await load();
    state(good && socket.connected ? "live" : "lost");
    if (!good) retry = setTimeout(refresh, 1000 + Math.random() * 500);
  }
  socket.on("connect", refresh);
  socket.on("disconnect", (/** @type {string} */ reason) => {
    state("lost");
    if (reason === "io server disconnect") socket.connect();
  });
  socket.on("connect_error", (/** @type {Error} */ error) => {
    if (error.message === "signed out") location.reload();
    state("lost");
  });
  socket.on("board.resync", () => setTimeout(refresh, Math.random() * 500));
  for (const [name, handle] of Object.entries(events)) socket.on(name, handle);
  const wake = () => { if (document.visibilityState === "visible" && socket.connected) void refresh(); };
  document.addEventListener("visibilitychange", wake);
  addEventListener("pageshow", wake);
  addEventListener("online", wake);
  return refresh;
}

let asked = 0;
/**
 * Fetch a part of the page. `html` is null if it failed, and also if a later fetch was begun meanwhile: that one counts.
 * A sign-in that has ended leads to the sign-in page.
 * @param {string} path
 * @returns {Promise<{html: string | null, good: boolean}>}
 */
export async function fetchPart(path) {
  const mine = ++asked;
  const response = await fetch(path, { redirect: "manual" }).catch(() => null);
  if (response?.type === "opaqueredirect") location.reload();
  const html = response?.ok ? await response.text().catch(() => null) : null;
  return mine === asked ? { html, good: html !== null } : { html: null, good: true };
}

/**
 * An honest state line, and data-state on the body: decisions are off while it is not live.
 * @param {HTMLElement} line
 * @returns {(name: string) => void}
 */
export function stateLine(line) {
  return (name) => {
    if (document.body.dataset.state === name) return;
    document.body.dataset.state = name;
    line.textContent = name === "live" ? "Live" : `Reconnecting since ${new Date().toLocaleTimeString()}`;
  };
}
