// How far the scheduled end is: told when it is near, and when it is past. Nothing ends by itself.
import { say } from "./dom.js";

const near = 5;

/**
 * @param {number} milliseconds until the end, below zero after it
 * @returns {string} a sentence, or nothing while there is time
 */
export function inWords(milliseconds) {
  const minutes = Math.ceil(milliseconds / 60_000);
  if (minutes > near) return "";
  if (minutes > 0) return `The scheduled end is in ${count(minutes)}.`;
  return minutes > -1 ? "This is the scheduled end." : `The scheduled end was ${count(-minutes)} ago. You can go on.`;
}

/** @param {number} minutes */
const count = (minutes) => minutes === 1 ? "a minute" : `${minutes} minutes`;

export class Ending {
  /** @type {number | null} */
  #at = null;
  #element;
  #announce;
  #said = "";

  /**
   * @param {HTMLElement} element
   * @param {(sentence: string) => void} announce said once when the end is near, and at the end
   */
  constructor(element, announce) {
    this.#element = element;
    this.#announce = announce;
    setInterval(() => this.#show(), 1000);
  }

  /** @param {number | null | undefined} milliseconds until the end; null: there is nothing to tell */
  set(milliseconds) {
    this.#at = milliseconds === null || milliseconds === undefined ? null : performance.now() + milliseconds;
    this.#show();
  }

  #show() {
    const left = this.#at === null ? null : this.#at - performance.now();
    const sentence = left === null ? "" : inWords(left);
    say(this.#element, sentence);
    const moment = left === null || sentence === "" ? "" : left > 0 ? "near" : "past";
    if (moment !== "" && moment !== this.#said) this.#announce(sentence);
    this.#said = moment;
  }
}
