// Whether picture and sound get through at all: some networks carry pages and nothing else. Whoever is in one is told so.
import { note } from "./notices.js";

/** Milliseconds that a connection may take to come about, or back. */
const patience = 8000;
const tried = ["connecting", "disconnected", "failed"];
const advice = "Picture and sound do not get through. Try another network, such as mobile data instead of Wi-Fi, and switch a VPN off.";

export class Reach {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} now what the connection tells of itself */
  changed(now) {
    if (now === "connected") this.forget();
    else if (tried.includes(now)) this.#timer ??= setTimeout(() => note("barred", advice), patience);
  }

  /** It does well, or it is no use to judge: there is no connection, or no network at all. */
  forget() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    note("barred", "");
  }
}
