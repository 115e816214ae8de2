// The waiting room: the clinician's name and presence, a message from them, the time waited. Nobody else is in it.
import { find, say } from "./dom.js";
import { announce } from "./views.js";
import { rendered, titled } from "../title.js";

/** @typedef {import("./socket.js").ParticipantChanged} ParticipantChanged */

export class WaitingRoom {
  #host;
  #place = "";
  #message = "";

  /** @param {string} host their name */
  constructor(host) {
    this.#host = host;
    document.addEventListener("visibilitychange", () => { if (!document.hidden) titled(rendered); });
  }

  /** Where the host is, as a sentence. */
  get line() {
    return find("#host-line").textContent ?? "";
  }

  /** @param {ParticipantChanged} told */
  show({ host, message, name, state }) {
    find("#waiting-room").dataset.host = host;
    find("#host-line").textContent = {
      here: `${this.#host} is here`,
      elsewhere: `${this.#host} is in another visit`,
      absent: `${this.#host} is not here yet`,
    }[host];
    find("#host-hint").textContent = {
      here: "You will be let in soon. Nobody sees or hears you until then.",
      elsewhere: "They know that you wait, and will let you in afterwards. Nobody sees or hears you until then.",
      absent: "They will see that you wait as soon as they come, and will let you in. Nobody sees or hears you until then.",
    }[host];
    find("#waits-as").textContent = name;
    say(find("#host-message"), message && `${this.#host}: ${message}`);
    if (state === "waiting") this.#tell(host, message);
    this.#place = host;
    this.#message = message;
  }

  /** Let in: a tab in the background says so in its title. */
  admitted() {
    if (document.hidden) titled(`You are let in · ${rendered}`);
  }

  /**
   * @param {string} place
   * @param {string} message
   */
  #tell(place, message) {
    if (this.#place && place !== this.#place) announce(this.line);
    if (message && message !== this.#message && document.hidden) titled(`Message · ${rendered}`);
  }
}
