// The wallboard: the queue for a whole room to see. It has numbers instead of names, and nothing to press but full screen.
import { beginFigures } from "./figures.js";
import { letFilter } from "./filter.js";
import { announce, stateLine } from "./live_socket.js";
import { watchQueue } from "./queue.js";

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const renewFigures = beginFigures(() => true);

/** @param {HTMLElement[]} rows */
const numbers = (rows) => rows.map((row) => row.dataset.number).join(", ");

const refresh = watchQueue({
  path: "/board/wall/rows",
  auth: { view: "wall" },
  state: stateLine(element("state")),
  changed: renewFigures,
  news(fresh, red) {
    if (fresh.length) announce(element("announcer"), `New: request ${numbers(fresh)}`);
    if (red.length) announce(element("announcer"), `Overdue: request ${numbers(red)}`);
  },
});
letFilter(refresh, (text) => announce(element("announcer"), text));

document.querySelector("[data-full-screen]")?.addEventListener("click", async () => {
  await document.documentElement.requestFullscreen().catch(() => null);
  await navigator.wakeLock?.request("screen").catch(() => null);
});
