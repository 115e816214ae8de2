// The door's prompt for camera and microphone, and the way back when they were refused.
import { browserOf } from "./browser.js";
import { find, say } from "./dom.js";

/** @typedef {import("./devices.js").Devices} Devices */
/** @typedef {import("./devices.js").Own} Own */

/** Browsers that have a remembered answer need no words about a question. */
const PATIENCE = 400;

export class Permission {
  #devices;
  #prompt = find("#door [data-ask]");
  #help = find("#door [data-help]");

  /** @param {Devices} devices */
  constructor(devices) {
    this.#devices = devices;
    for (const button of this.#prompt.querySelectorAll("button")) {
      button.addEventListener("click", () => this.#ask(/** @type {Own[]} */ (button.dataset.wanted?.split(" ").filter(Boolean))));
    }
    find("[data-try-again]", this.#help).addEventListener("click", () => this.#ask(["microphone", "camera"]));
    const own = this.#help.querySelector(`[data-browser=${browserOf(navigator)}]`);
    if (own) find("[data-own-browser]", this.#help).append(own);
    this.#watch();
  }

  /** Take what the person allowed before, or else ask first: a browser's question out of nowhere is soon refused. */
  async begin() {
    if (await this.#devices.wouldAsk()) this.#prompt.hidden = false;
    else await this.#devices.start();
  }

  /**
   * Somebody goes in without an answer to the prompt: ask now, so that nobody waits mute by mistake.
   * @returns {Promise<boolean>} whether that is settled; if it was refused just now, they shall know before they go in
   */
  async settle() {
    if (this.#prompt.hidden) return true;
    await this.#ask(["microphone", "camera"]);
    return !this.#isRefused();
  }

  /** Show the way back as long as something is refused. */
  show() {
    this.#help.hidden = !this.#isRefused();
  }

  #isRefused() {
    const { camera, microphone } = this.#devices.problems;
    return [camera, microphone].some((problem) => problem === "denied" || problem === "system");
  }

  /** @param {Own[]} wanted */
  async #ask(wanted) {
    const line = find("[data-asking]", this.#prompt);
    const told = setTimeout(() => say(line, "Your browser asks now, near the page's address. Please answer it."), PATIENCE);
    await this.#devices.ask(wanted);
    clearTimeout(told);
    say(line, "");
    if (this.#prompt.contains(document.activeElement)) find("#door-heading").focus();
    this.#prompt.hidden = true;
  }

  /** Where the browser tells that the person has changed their mind in its settings, no button is needed. */
  async #watch() {
    for (const kind of /** @type {Own[]} */ (["microphone", "camera"])) {
      const name = /** @type {PermissionName} */ (kind);
      const status = await navigator.permissions?.query({ name }).catch(() => null);
      status?.addEventListener("change", () => {
        if (status.state === "granted" && this.#devices.problems[kind]) this.#devices.turn(kind, true);
      });
    }
  }
}
