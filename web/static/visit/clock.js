// Times that the server told, counted on with the monotonic clock: a wrong wall clock does no harm.

/**
 * @param {number} seconds
 * @returns {string} 4:05, or 1:04:05
 */
export function inWords(seconds) {
  const two = (/** @type {number} */ number) => String(Math.floor(number)).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Counts what is shown in elements. */
export class Clock {
  /** @type {Map<Element, number>} */
  #starts = new Map();

  constructor() {
    setInterval(() => this.#show(), 500);
  }

  /**
   * @param {Element} element
   * @param {number | null} elapsed milliseconds until now; null stops the clock
   */
  count(element, elapsed) {
    if (elapsed === null) this.#starts.delete(element);
    else this.#starts.set(element, performance.now() - elapsed);
    this.#show();
  }

  #show() {
    for (const [element, start] of this.#starts) {
      if (!element.isConnected) this.#starts.delete(element);
      else element.textContent = inWords((performance.now() - start) / 1000);
    }
  }
}
