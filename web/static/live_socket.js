// The one-way socket of boards and dashboards: it knows no page.
import { io } from "/static/vendor/socket.io.esm.min.js";

/**
 * Listen for ever. `load` is called after every (re)connection, because anything may have changed before it, and
 * whenever the page wakes. `state` is told "live" or "lost".
 * @param {{events: Record<string, (message: any) => void>, load: () => void, state: (name: string) => void}} page
 */
export function listen({ events, load, state }) {
  const socket = io("/board", { transports: ["websocket"], reconnectionDelay: 500, reconnectionDelayMax: 3000 });
  socket.on("connect", () => { state("live"); load(); });
  socket.on("disconnect", (/** @type {string} */ reason) => {
    state("lost");
    if (reason === "io server disconnect") socket.connect();
  });
  socket.on("connect_error", (/** @type {Error} */ error) => {
    if (error.message === "signed out") location.reload();
    state("lost");
  });
  socket.on("board.resync", () => setTimeout(load, Math.random() * 500));
  for (const [name, handle] of Object.entries(events)) socket.on(name, handle);
  const wake = () => { if (document.visibilityState === "visible" && socket.connected) load(); };
  document.addEventListener("visibilitychange", wake);
  addEventListener("pageshow", wake);
  addEventListener("online", wake);
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
