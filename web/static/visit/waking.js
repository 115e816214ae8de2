// Keeps the screen lit while somebody waits or is in the visit, and notices when the computer or phone has slept.

const gap = 4000;

/** Tells when the page runs again after a sleep, or is looked at again. @param {(slept: boolean) => void} woke */
export function onWaking(woke) {
  let last = Date.now();
  setInterval(() => {
    // The wall clock goes on in sleep, timers do not.
    if (Date.now() - last > gap && document.visibilityState === "visible") woke(true);
    last = Date.now();
  }, 1000);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") woke(false); });
}

/** While it is wanted and the page is seen, the screen does not go dark, where the browser can do that. */
export class Wakefulness {
  #wanted = false;
  /** @type {WakeLockSentinel | null} */
  #lock = null;

  constructor() {
    // The browser takes the lock away with the page's visibility.
    document.addEventListener("visibilitychange", () => this.#turn());
  }

  /** @param {boolean} wanted */
  set(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#turn();
  }

  async #turn() {
    if (!this.#wanted || document.visibilityState !== "visible") {
      await this.#lock?.release().catch(() => {});
      this.#lock = null;
    } else if (this.#lock === null || this.#lock.released) {
      this.#lock = await navigator.wakeLock?.request("screen").catch(() => null) ?? null;
      if (!this.#wanted) this.#turn();
    }
  }
}
