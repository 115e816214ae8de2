// When camera or microphone stop by themselves: a phone call, another program, a pulled plug. They come back by themselves
// where that is possible; else the page says what to press.

/** @typedef {import("./devices.js").Devices} Devices */
/** @typedef {import("./devices.js").Own} Own */

/** @type {Own[]} */
const own = ["microphone", "camera"];
const names = { microphone: "Your microphone", camera: "Your camera" };
const buttons = { microphone: "Microphone", camera: "Camera" };
const patience = 3000;

export class Interruptions {
  #devices;
  #note;
  /** @type {WeakSet<MediaStreamTrack>} */
  #watched = new WeakSet();
  /** @type {Set<Own>} stopped by themselves, not by the person */
  #lost = new Set();

  /**
   * @param {Devices} devices
   * @param {(matter: string, sentence: string) => void} note
   */
  constructor(devices, note) {
    this.#devices = devices;
    this.#note = note;
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#retry());
  }

  /** Look at the tracks there are now. */
  watch() {
    for (const kind of own) {
      const track = this.#devices.tracks[kind];
      if (track === null || this.#watched.has(track)) continue;
      this.#watched.add(track);
      this.#lost.delete(kind);
      this.#note(kind, "");
      track.addEventListener("mute", () => this.#tell(kind, track));
      track.addEventListener("unmute", () => this.#tell(kind, track));
      track.addEventListener("ended", () => this.#lose(kind));
    }
  }

  /** Whether the system has silenced it, so that pressing its button means: take it back. @param {Own} kind */
  isInterrupted(kind) {
    const track = this.#devices.tracks[kind];
    return track !== null && track.muted && track.enabled;
  }

  /** The page is looked at again: what is still interrupted, or lost, is taken anew. */
  async woke() {
    for (const kind of own) {
      const track = this.#devices.tracks[kind];
      if (track?.readyState === "ended") await this.#devices.renew(kind);
      else if (this.isInterrupted(kind)) setTimeout(() => { if (track?.muted) this.#devices.renew(kind); }, patience);
    }
    await this.#retry();
  }

  /** Whether it stopped by itself and could not be had again. @param {Own} kind */
  hasLost(kind) {
    return this.#lost.has(kind);
  }

  /** The person switched it off, or has left: it is missed no more. @param {Own} kind */
  forget(kind) {
    this.#lost.delete(kind);
    this.#note(kind, "");
  }

  /**
   * @param {Own} kind
   * @param {MediaStreamTrack} track
   */
  #tell(kind, track) {
    if (this.#devices.tracks[kind] !== track) return;
    const sentence = `${names[kind]} is interrupted, perhaps by a call or another program. If it does not come back, press ${buttons[kind]}.`;
    this.#note(kind, this.isInterrupted(kind) ? sentence : "");
  }

  /** @param {Own} kind */
  async #lose(kind) {
    this.#lost.add(kind);
    await this.#devices.renew(kind);
    if (this.#devices.tracks[kind] === null) {
      this.#note(kind, `${names[kind]} was taken away. When it is plugged in or free again, press ${buttons[kind]}.`);
    }
  }

  async #retry() {
    for (const kind of [...this.#lost]) if (this.#devices.tracks[kind] === null) await this.#devices.renew(kind);
  }
}
