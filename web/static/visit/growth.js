// How large the camera's picture is sent at first, and until when. As long as nobody watches, and before anybody has tried
// the path: browsers begin with 300 or 400 kbit/s, hold back the first frames of a picture too large for that, and send what
// they send slowly. A small one is encoded and across at once; it grows as soon as the path is known to carry more, and after
// some seconds anyhow: a small picture may itself be why nobody knows of more, and what is too large the browser shrinks. No page.

/** Pixels of the first picture: 480 x 270. */
const small = 129_600;
/** Bits a second that carry the whole picture, milliseconds between two looks, and after how many it grows anyhow. */
const enough = 900_000;
const pause = 1000;
const patience = 6;

export class Growth {
  #isSmall = true;
  #looks = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #grown;

  /** @param {() => void} grown told when the picture may be whole */
  constructor(grown) {
    this.#grown = grown;
  }

  /** @param {RTCPeerConnection | null} peer whose picture begins to be watched; null: nobody's is */
  begin(peer) {
    clearInterval(this.#timer);
    this.#isSmall = true;
    this.#looks = 0;
    if (peer) this.#timer = setInterval(() => this.#look(peer), pause);
  }

  /**
   * By how much to divide width and height now.
   * @param {MediaStreamTrack | null} track
   */
  scale(track) {
    const { width = 0, height = 0 } = track?.getSettings() ?? {};
    return this.#isSmall ? Math.max(1, Math.sqrt(width * height / small)) : 1;
  }

  /** @param {RTCPeerConnection} peer */
  async #look(peer) {
    const timer = this.#timer;
    const report = await peer.getStats().catch(() => null);
    if (report === null || timer !== this.#timer) return;
    this.#looks += 1;
    if (carried(report) < enough && this.#looks < patience) return;
    clearInterval(timer);
    this.#isSmall = false;
    this.#grown();
  }
}

/**
 * Bits a second that the browser believes the path to carry; a browser that does not tell has to find out by itself.
 * @param {RTCStatsReport} report
 * @returns {number}
 */
function carried(report) {
  const rates = [...report.values()].map(({ availableOutgoingBitrate }) => availableOutgoingBitrate);
  return rates.find((rate) => rate !== undefined) ?? Infinity;
}
