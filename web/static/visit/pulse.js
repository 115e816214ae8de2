// Whether anything arrives from the relay at all. It reports to every admitted browser four times a second, also when all
// is muted, so a second without a packet means that the path is gone: browsers themselves notice only after seven.

const beat = 200;
const patience = { once: 900, first: 3000, again: 2000 };
/** Two remedies, and then none until something arrives again: perhaps the relay has nothing to say. */
const most = 2;
/** Hidden pages run once a second; longer than this, a page slept. */
const slept = 2500;

export class Pulse {
  /** @type {RTCPeerConnection | null} */
  #peer = null;
  /** @type {number | null} null until the first beat of this connection */
  #count = null;
  #since = 0;
  #felt = 0;
  #told = 0;
  #silent;
  #alive;

  /**
   * @param {(times: number) => void} silent told after about a second without a packet (1), and once more if that helped nothing (2)
   * @param {() => void} alive told when packets arrive again
   */
  constructor(silent, alive) {
    this.#silent = silent;
    this.#alive = alive;
    setInterval(() => this.#feel(), beat);
  }

  /** @param {RTCPeerConnection | null} peer whose packets are expected from now on; null expects none */
  expect(peer) {
    if (peer === this.#peer) return;
    this.#peer = peer;
    this.#count = null;
    this.#since = performance.now();
  }

  async #feel() {
    const peer = this.#peer;
    const now = performance.now();
    // A page that slept looks once before it judges.
    if (now - this.#felt > slept) this.#since = Math.max(this.#since, now - patience.once / 2);
    this.#felt = now;
    if (peer === null || peer.connectionState === "closed") return;
    const count = await received(peer);
    if (peer !== this.#peer) return;
    if (count > (this.#count ?? 0)) this.#beat(count);
    else if (now - this.#since > this.#patience() && this.#told < most) {
      this.#since = now;
      this.#told += 1;
      this.#silent(this.#told);
    }
  }

  #patience() {
    if (this.#told > 0) return patience.again;
    return this.#count === null ? patience.first : patience.once;
  }

  /** @param {number} count */
  #beat(count) {
    this.#count = count;
    this.#since = performance.now();
    if (this.#told > 0) this.#alive();
    this.#told = 0;
  }
}

/**
 * @param {RTCPeerConnection} peer
 * @returns {Promise<number>} a count that rises with every packet, reports (RTCP) included
 */
async function received(peer) {
  let count = 0;
  for (const entry of (await peer.getStats()).values()) {
    if (entry.type === "candidate-pair" || entry.type === "transport") count += entry.bytesReceived ?? 0;
    if (entry.type === "inbound-rtp") count += entry.packetsReceived ?? 0;
  }
  return count;
}
