// The door's list: camera, microphone, speaker, connection; each says how it is and what to do about it.
import { find, say } from "./dom.js";
import { iceServers } from "./ice_servers.js";
import { tryRelay } from "./relay_check.js";
import { isSoundAsleep, levelOf } from "./sound.js";
import { playTone } from "./speaker.js";

/** @typedef {import("./devices.js").Devices} Devices */
/** @typedef {import("./devices.js").Own} Own */
/** @typedef {import("./socket.js").Ask} Ask */
/** @typedef {"camera" | "microphone" | "speaker" | "relay"} Check */
/** @typedef {"open" | "good" | "off" | "bad"} Outcome */

/** @type {Own[]} */
const own = ["camera", "microphone"];
const names = { camera: "Camera", microphone: "Microphone" };
const remedies = {
  denied: "your browser keeps it from this page.",
  system: "this computer or phone keeps it from the browser.",
  missing: "none was found. Plug one in, or go on without.",
  busy: "another program may be using it. Close that program, then try again.",
  insecure: "browsers give it to pages with a secure address (https) only.",
};
const without = { camera: "Others will not see you.", microphone: "Others will not hear you." };
const loud = 0.3;
const silence = 6000;
/** @type {Record<"good" | "blocked" | "unanswered", [Outcome, string]>} */
const connections = {
  good: ["good", "Connection: picture and sound can reach the visit"],
  blocked: ["bad", "Connection: this network keeps picture and sound back. Try another one, such as mobile data instead of the office's Wi-Fi, and switch a VPN off."],
  unanswered: ["bad", "Connection: the server does not answer just now. Check that you are online."],
};

/**
 * What hinders a device and what it means; nothing if all is well.
 * @param {Devices} devices
 * @param {Own} kind
 */
export function problemOf(devices, kind) {
  const problem = devices.problems[kind];
  return problem ? `${names[kind]}: ${remedies[problem]} ${without[kind]}` : "";
}

export class Checks {
  #devices;
  #ask;
  /** When the microphone was last taken, and whether it was heard since. */
  #since = performance.now();
  #isHeard = false;
  /** @type {MediaStreamTrack | null} */
  #listened = null;
  #level = () => 0;

  /**
   * @param {Devices} devices
   * @param {Ask} ask
   */
  constructor(devices, ask) {
    this.#devices = devices;
    this.#ask = ask;
    find("#door [data-tone]").addEventListener("click", () => this.#play());
    for (const button of document.querySelectorAll("#door [data-heard]")) {
      button.addEventListener("click", () => this.#heard(/** @type {HTMLElement} */ (button).dataset.heard === "yes"));
    }
    for (const kind of own) buttonOf(kind).addEventListener("click", () => this.#turn(kind));
    find("#door [data-check-again]").addEventListener("click", () => this.connection());
    setInterval(() => this.#listen(), 100);
  }

  show() {
    const { isOn, problem } = this.#of("camera");
    tell("camera", isOn ? "good" : problem ? "bad" : "off", problem || (isOn ? "Camera: on" : `Camera: off. ${without.camera}`));
    this.#showMicrophone();
    for (const kind of own) this.#offerTurn(kind);
  }

  /** What is refused has its own help. @param {Own} kind */
  #offerTurn(kind) {
    const { isOn, problem } = this.#of(kind);
    const button = buttonOf(kind);
    button.textContent = `${problem ? "Try" : "Turn"} the ${kind} ${problem ? "again" : isOn ? "off" : "on"}`;
    button.hidden = ["denied", "system", "insecure"].includes(this.#devices.problems[kind] ?? "");
  }

  /** @param {Own} kind */
  async #turn(kind) {
    const button = /** @type {HTMLButtonElement} */ (buttonOf(kind));
    button.disabled = true;
    await this.#devices.turn(kind, !this.#devices.isOn(kind));
    button.disabled = false;
    button.focus();
  }

  async connection() {
    find("#door [data-check-again]").hidden = true;
    tell("relay", "open", "Connection: being checked …");
    const [outcome, words] = connections[await tryRelay(this.#ask, iceServers()).catch(() => /** @type {const} */ ("unanswered"))];
    tell("relay", outcome, words);
    find("#door [data-check-again]").hidden = outcome === "good";
  }

  /** @param {Own} kind */
  #of(kind) {
    return { isOn: this.#devices.isOn(kind), problem: problemOf(this.#devices, kind) };
  }

  #showMicrophone() {
    const { isOn, problem } = this.#of("microphone");
    find("#microphone-level").hidden = !isOn;
    if (!isOn) tell("microphone", problem ? "bad" : "off", problem || `Microphone: off. ${without.microphone}`);
    else if (this.#isHeard) tell("microphone", "good", "Microphone: we hear it");
    else if (isSoundAsleep()) tell("microphone", "open", "Microphone: on. Press anywhere on this page, then speak, and the bar moves");
    else if (performance.now() - this.#since < silence) tell("microphone", "open", "Microphone: on. Speak, and the bar moves");
    else tell("microphone", "bad", "Microphone: we hear nothing. Speak, or choose another one; some headsets have a switch that mutes them");
  }

  #listen() {
    if (find("#door").hidden) return;
    const track = this.#devices.tracks.microphone;
    if (track !== this.#listened) {
      this.#level = track ? levelOf(track) : () => 0;
      this.#listened = track;
      this.#since = performance.now();
      this.#isHeard = false;
    }
    const level = this.#level();
    /** @type {HTMLMeterElement} */ (find("#microphone-level")).value = level;
    this.#isHeard ||= level > loud;
    this.#showMicrophone();
  }

  async #play() {
    tell("speaker", "open", "Speaker: two notes are playing …");
    try {
      await playTone();
      tell("speaker", "open", "Speaker: did you hear two notes?");
      find("#door [data-asks-heard]").hidden = false;
    } catch {
      tell("speaker", "bad", "Speaker: the browser played nothing. Press the button once more");
    }
  }

  /** @param {boolean} isHeard */
  #heard(isHeard) {
    find("#door [data-asks-heard]").hidden = true;
    find("#door [data-tone]").focus();
    if (isHeard) tell("speaker", "good", "Speaker: you heard it");
    else tell("speaker", "bad", "Speaker: turn the volume up, choose another speaker, or unplug headphones; then play the tone again");
  }
}

/** @param {Own} kind */
const buttonOf = (kind) => find(`#door [data-turn=${kind}]`);

/**
 * Said only when it is news, for screen readers read it aloud.
 * @param {Check} name
 * @param {Outcome} outcome
 * @param {string} words
 */
function tell(name, outcome, words) {
  const line = find(`#door [data-check=${name}]`);
  const said = find("[data-said]", line);
  line.dataset.state = outcome;
  if (said.textContent !== words) say(said, words);
}
