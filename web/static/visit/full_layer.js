// Whether the full layer of a shared screen is sent beside the lesser one. Browsers leave it out where they may send too little
// for both, and text that all could read would be half as large for all: then the full one is sent alone.

const beat = 1000;
/** Beats in which pictures of the lesser layer were sent and none of the full one: as a screen stands still, a browser needs
 * several seconds to find out what its path carries. */
const patience = 15;

export class FullLayer {
  /** Whether the lesser layer was given up, for as long as this track is shared. */
  isAlone = false;
  /** @type {RTCRtpSender | undefined} */
  #sender;
  /** @type {MediaStreamTrack | null} */
  #track = null;
  /** @type {Record<string, number>} */
  #frames = {};
  #missed = 0;
  #alone;

  /** @param {() => void} alone told when the lesser layer is to be given up */
  constructor(alone) {
    this.#alone = alone;
    setInterval(() => this.#look(), beat);
  }

  /**
   * @param {RTCRtpSender} sender which sends both layers, or may
   * @param {MediaStreamTrack | null} track what it sends from now on
   */
  expect(sender, track) {
    if (sender === this.#sender && track === this.#track) return;
    this.#sender = sender;
    this.#track = track;
    this.#frames = {};
    this.#missed = 0;
    this.isAlone = false;
  }

  async #look() {
    const sender = this.#sender;
    if (!this.#track || this.isAlone || !sender) return;
    /** @type {Record<string, number>} */
    const frames = {};
    for (const { type, rid, framesSent } of (await sender.getStats()).values()) {
      if (type === "outbound-rtp" && rid) frames[rid] = framesSent ?? 0;
    }
    if (sender !== this.#sender) return;
    if (frames.h > (this.#frames.h ?? 0)) this.#missed = 0;
    else if (frames.l > (this.#frames.l ?? 0)) this.#missed += 1;
    this.#frames = frames;
    if (this.#missed < patience) return;
    this.isAlone = true;
    this.#alone();
  }
}
