// A page that waits for a session's door to open: it looks again when the time has come, and whenever it wakes. The server
// decides; without a network the page stays as it is and tries again.
export {};

const line = /** @type {HTMLElement | null} */ (document.querySelector("[data-turns-in]"));
const seconds = Number(line?.dataset.turnsIn);
const steady = performance.now();
const wall = Date.now();
let looking = false;

/** The monotonic clock may stand still while a device sleeps; the one on the wall may be set. The later one counts. */
const passed = () => Math.max(performance.now() - steady, Date.now() - wall) / 1000;

async function look() {
  if (looking || passed() < seconds) return;
  looking = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.status < 500) location.reload();
  } catch {
    // no network: the next look may find one
  }
  setTimeout(() => { looking = false; }, 3000);
}

if (line) setInterval(look, 500);
