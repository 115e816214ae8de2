// How well the own connection does, from the browser's own counters (W3C webrtc-stats). Rates between two readings.

/**
 * @typedef {{loss: number | null, width: number, height: number, frames: number}} Stream `loss` from 0 to 1, `frames` a second
 * @typedef {"good" | "fair" | "poor"} Grade
 * @typedef {object} Figures
 * @property {Map<string, Stream>} received by the slot's mid
 * @property {number | null} loss of the worse direction, from 0 to 1
 * @property {number | null} roundTrip seconds
 * @property {Grade | null} grade
 */

/** Loss and round trip (seconds) from which on a call is felt to be poor, or fair; the server grades alike. */
const bounds = /** @type {[Grade, number, number][]} */ ([["poor", 0.1, 0.8], ["fair", 0.03, 0.3]]);
/** Packets that must have been expected before loss says anything. */
const enough = 20;

export class Meter {
  /** @type {Map<string, {expected: number, lost: number}>} */
  #before = new Map();

  /**
   * @param {RTCStatsReport} report
   * @returns {Figures}
   */
  read(report) {
    /** @type {Map<string, Stream>} */
    const received = new Map();
    const losses = [];
    let roundTrip = null;
    for (const entry of report.values()) {
      if (entry.type === "inbound-rtp" && entry.mid) {
        const loss = this.#loss(entry.id, entry.packetsReceived + entry.packetsLost, entry.packetsLost);
        received.set(entry.mid, { loss, width: entry.frameWidth ?? 0, height: entry.frameHeight ?? 0, frames: Math.round(entry.framesPerSecond ?? 0) });
        losses.push(loss);
      } else if (entry.type === "remote-inbound-rtp") {
        losses.push(entry.fractionLost ?? null);
        roundTrip ??= entry.roundTripTime || null;
      }
      if (entry.type === "candidate-pair" && entry.nominated && entry.currentRoundTripTime) roundTrip = entry.currentRoundTripTime;
    }
    const known = losses.filter((loss) => loss !== null);
    const loss = known.length ? Math.max(...known) : null;
    return { received, loss, roundTrip, grade: grade(loss, roundTrip) };
  }

  /**
   * @param {string} id
   * @param {number} expected
   * @param {number} lost
   * @returns {number | null} of those expected since the last reading
   */
  #loss(id, expected, lost) {
    const before = this.#before.get(id) ?? { expected: 0, lost: 0 };
    this.#before.set(id, { expected, lost });
    const fresh = expected - before.expected;
    return fresh < enough ? null : Math.min(1, Math.max(0, (lost - before.lost) / fresh));
  }
}

/**
 * @param {number | null} loss
 * @param {number | null} roundTrip
 * @returns {Grade | null}
 */
function grade(loss, roundTrip) {
  if (loss === null && roundTrip === null) return null;
  const bound = bounds.find(([, most, longest]) => (loss ?? 0) >= most || (roundTrip ?? 0) >= longest);
  return bound ? bound[0] : "good";
}
