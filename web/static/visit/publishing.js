// What the person gives to the visit: each track to the connection, and to the others, through the server, what is muted.
import { note } from "./notices.js";

/** @typedef {import("./socket.js").Kind} Kind */

/** @type {Kind[]} */
const kinds = ["microphone", "camera", "screen"];
const unshared = {
  system: "This computer keeps its screen from the browser. Its settings for privacy can allow screen recording.",
  other: "That could not be shared. Try another window, or the whole screen.",
};

export class Publishing {
  #devices;
  #connection;
  #ask;

  /**
   * @param {import("./devices.js").Devices} devices
   * @param {import("./connection.js").Connection} connection
   * @param {import("./socket.js").Ask} ask
   */
  constructor(devices, connection, ask) {
    this.#devices = devices;
    this.#connection = connection;
    this.#ask = ask;
  }

  /** @param {Kind} kind */
  async changed(kind) {
    this.#connection.send(kind, this.#devices.tracks[kind]);
    await this.#tell(kind);
  }

  /** A new connection, or a server that has forgotten: all is muted until told otherwise. */
  async tellAll() {
    for (const kind of kinds) await this.#tell(kind);
  }

  async toggleScreen() {
    note("screen", "");
    if (this.#devices.isOn("screen")) return this.#devices.stopScreen();
    const problem = await this.#devices.shareScreen();
    if (problem && problem !== "denied") note("screen", problem === "system" ? unshared.system : unshared.other, true);
  }

  /** @param {Kind} kind */
  async #tell(kind) {
    if (!this.#connection.isOpen) return;
    const answer = await this.#ask("mute", { kind, muted: !this.#devices.isOn(kind) });
    if (kind !== "screen" || answer.error !== "screen_taken" || !this.#devices.isOn("screen")) return;
    this.#devices.stopScreen();
    note("screen", answer.message ?? "");
  }
}
