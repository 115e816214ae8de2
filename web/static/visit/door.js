// The door: see and hear yourself, choose devices, confirm your name, go in.
import { Checks } from "./checks.js";
import { find, mirror, say } from "./dom.js";
import { Permission } from "./permission.js";
import { canChooseSpeaker, chooseSpeaker, speaker } from "./speaker.js";

/** @typedef {import("./devices.js").Devices} Devices */
/** @typedef {import("./devices.js").Own} Own */
/** @typedef {import("./devices.js").Choice} Choice */
/** @typedef {import("./socket.js").Ask} Ask */

/** On a small screen the choices stay folded: there is seldom more than one. */
const wide = "(min-width: 48rem)";

export class Door {
  #door = find("#door");
  #form = /** @type {HTMLFormElement} */ (find("#door form"));
  #devices;
  #checks;
  #permission;
  #isOpened = false;

  /**
   * @param {Devices} devices
   * @param {Ask} ask
   * @param {(name: string) => Promise<void>} enter rejected with the reason, as a sentence
   */
  constructor(devices, ask, enter) {
    this.#devices = devices;
    this.#checks = new Checks(devices, ask);
    this.#permission = new Permission(devices);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter(enter);
    });
    for (const kind of /** @type {(Own | "speaker")[]} */ (["camera", "microphone", "speaker"])) {
      this.#select(kind).addEventListener("change", () => this.#choose(kind));
    }
    /** @type {HTMLDetailsElement} */ (find("[data-choices]", this.#door)).open = matchMedia(wide).matches;
    addEventListener("online", () => this.#online());
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#showChoices());
  }

  /** The name as it is confirmed now. */
  get name() {
    return String(new FormData(this.#form).get("name"));
  }

  /** Somebody stands before it: ask for camera and microphone, and try the connection. */
  opened() {
    if (this.#isOpened) return;
    this.#isOpened = true;
    this.show();
    this.#permission.begin();
    this.#checks.connection();
  }

  /** The network is another one, perhaps. */
  #online() {
    if (this.#isOpened && !this.#door.hidden) this.#checks.connection();
  }

  /** Something about the devices has changed. */
  show() {
    const video = /** @type {HTMLVideoElement} */ (find("video", this.#door));
    mirror(video, this.#devices.tracks.camera);
    find("[data-empty]", this.#door).hidden = this.#devices.isOn("camera");
    this.#checks.show();
    this.#permission.show();
    const { camera, microphone } = this.#devices.problems;
    say(find("[data-listen]", this.#door), camera && microphone ? "You can go on without: you see and hear the others, and they do not see or hear you." : "");
    this.#showChoices();
  }

  /**
   * For the host, who may know it.
   * @param {string[]} names
   */
  showKnocks(names) {
    const is = names.length === 1 ? "is" : "are";
    say(find("[data-knocks]", this.#door), names.length ? `${names.join(", ")} ${is} in the waiting room.` : "");
  }

  /** @param {boolean} isLocked the host lets nobody new knock */
  showLock(isLocked) {
    find("[data-door-locked]", this.#door).hidden = !isLocked;
  }

  /** @param {(name: string) => Promise<void>} enter */
  async #enter(enter) {
    const button = /** @type {HTMLButtonElement} */ (find("[data-testid=accept]", this.#door));
    const line = find("[data-error]", this.#door);
    button.disabled = true;
    say(line, "");
    if (await this.#permission.settle()) await enter(this.name).catch((error) => say(line, error.message));
    button.disabled = false;
  }

  /** @param {Own | "speaker"} kind */
  #select(kind) {
    return /** @type {HTMLSelectElement} */ (find(`[data-choice=${kind}] select`, this.#door));
  }

  /** @param {Own | "speaker"} kind */
  #choose(kind) {
    const id = this.#select(kind).value;
    if (kind === "speaker") chooseSpeaker(id);
    else this.#devices.choose(kind, id);
  }

  async #showChoices() {
    const choices = await this.#devices.choices();
    find("[data-choices]", this.#door).hidden = Object.values(choices).every(({ length }) => length === 0);
    this.#fill("camera", choices.camera, this.#devices.chosen("camera"));
    this.#fill("microphone", choices.microphone, this.#devices.chosen("microphone"));
    this.#fill("speaker", canChooseSpeaker ? choices.speaker : [], speaker());
  }

  /**
   * @param {Own | "speaker"} kind
   * @param {Choice[]} choices
   * @param {string} chosen
   */
  #fill(kind, choices, chosen) {
    const select = this.#select(kind);
    find(`[data-choice=${kind}]`, this.#door).hidden = choices.length === 0;
    select.replaceChildren(...choices.map(({ id, name }) => new Option(name, id, false, id === chosen)));
  }
}
