// The Configurations dialog: which devices, how fine a picture, a blurred background where that is possible.
import { find, say } from "./dom.js";
import * as picture from "./picture.js";
import { canChooseSpeaker, chooseSpeaker, playTone, speaker } from "./speaker.js";

/** @typedef {import("./devices.js").Devices} Devices */
/** @typedef {import("./devices.js").Own} Own */

export class Configurations {
  #dialog = /** @type {HTMLDialogElement} */ (find("#configurations"));
  #devices;

  /** @param {Devices} devices */
  constructor(devices) {
    this.#devices = devices;
    for (const kind of /** @type {Own[]} */ (["camera", "microphone"])) {
      const list = this.#select(kind);
      list.addEventListener("change", async () => {
        await devices.choose(kind, list.value);
        say(this.#error, devices.problems[kind] ? "This device cannot be used just now. Is another program using it?" : "");
        await this.show();
      });
    }
    this.#select("speaker").addEventListener("change", () => chooseSpeaker(this.#select("speaker").value));
    find("[data-tone]", this.#dialog).addEventListener("click", () => playTone().catch(() => say(this.#error, "The browser played nothing.")));
    this.#select("resolution").addEventListener("change", () => {
      picture.chooseResolution(this.#select("resolution").value);
      picture.apply(devices.tracks.camera);
    });
    this.#blur.addEventListener("change", () => {
      picture.chooseBlur(this.#blur.checked);
      picture.apply(devices.tracks.camera);
    });
    navigator.mediaDevices?.addEventListener("devicechange", () => { if (this.#dialog.open) this.show(); });
  }

  async open() {
    if (this.#dialog.open) return;
    say(this.#error, "");
    this.#dialog.showModal();
    await this.show();
  }

  close() {
    this.#dialog.close();
  }

  async show() {
    const choices = await this.#devices.choices();
    this.#fill("camera", choices.camera, this.#devices.chosen("camera"));
    this.#fill("microphone", choices.microphone, this.#devices.chosen("microphone"));
    this.#fill("speaker", canChooseSpeaker ? choices.speaker : [], speaker());
    find("[data-part=speaker]", this.#dialog).hidden = !canChooseSpeaker || choices.speaker.length === 0;
    find("[data-part=blur]", this.#dialog).hidden = !picture.canBlur(this.#devices.tracks.camera);
    this.#select("resolution").value = picture.resolution();
    this.#blur.checked = picture.isBlurred();
  }

  /**
   * @param {string} kind
   * @param {import("./devices.js").Choice[]} choices
   * @param {string} chosen
   */
  #fill(kind, choices, chosen) {
    const list = this.#select(kind);
    list.disabled = choices.length === 0;
    const options = choices.map(({ id, name }) => new Option(name, id, false, id === chosen));
    list.replaceChildren(...(options.length ? options : [new Option("None found, or not allowed", "")]));
  }

  /** @param {string} kind @returns {HTMLSelectElement} */
  #select(kind) {
    return /** @type {HTMLSelectElement} */ (find(`select[name=${kind}]`, this.#dialog));
  }

  get #blur() {
    return /** @type {HTMLInputElement} */ (find("input[name=blur]", this.#dialog));
  }

  get #error() {
    return find("[data-error]", this.#dialog);
  }
}
