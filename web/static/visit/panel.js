// The Attendees Access Panel: who waits since when. It is in the hosting clinician's page only.
import { find, make, say } from "./dom.js";

/** @typedef {import("./socket.js").WaitingPerson} WaitingPerson */
/** @typedef {import("./clock.js").Clock} Clock */

export class Panel {
  #list = find("#panel ul");
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();
  #clock;
  #admit;

  /**
   * @param {Clock} clock
   * @param {(admission: string) => Promise<void>} admit rejected with the reason, as a sentence
   */
  constructor(clock, admit) {
    this.#clock = clock;
    this.#admit = admit;
  }

  /**
   * @param {WaitingPerson[]} waiting longest first
   * @returns {WaitingPerson[]} those who were not there before
   */
  show(waiting) {
    const ids = new Set(waiting.map(({ admission }) => admission));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      if (row.contains(document.activeElement)) find("#panel h2").focus();
      row.remove();
      this.#rows.delete(id);
    }
    const fresh = waiting.filter(({ admission }) => !this.#rows.has(admission));
    for (const person of waiting) this.#showRow(person);
    find("#panel [data-nobody]").hidden = waiting.length > 0;
    find("#panel").dataset.count = String(waiting.length);
    return fresh;
  }

  /** @param {WaitingPerson} person */
  #showRow(person) {
    const row = this.#rows.get(person.admission) ?? this.#makeRow(person);
    find("[data-name]", row).textContent = person.name;
    find("[data-away]", row).hidden = person.present;
    this.#clock.count(find("[data-waited]", row), person.waited_ms);
  }

  /** @param {WaitingPerson} person */
  #makeRow({ admission, name }) {
    const row = make("waiting-row");
    const button = /** @type {HTMLButtonElement} */ (find("button", row));
    button.setAttribute("aria-label", `Admit ${name}`);
    button.addEventListener("click", async () => {
      button.disabled = true;
      say(find("[data-error]", row), "");
      await this.#admit(admission).catch((error) => say(find("[data-error]", row), error.message));
      button.disabled = false;
    });
    this.#list.append(row);
    this.#rows.set(admission, row);
    return row;
  }
}
