// The Attendees Access Panel: who waits since when, who is in, and what the host does about it. It is in the hosting
// clinician's page only.
import { find, say } from "./dom.js";
import { Row } from "./panel_row.js";

/** @typedef {import("./socket.js").WaitingPerson} WaitingPerson */
/** @typedef {import("./socket.js").WaitingChanged} WaitingChanged */
/** @typedef {import("./socket.js").Person} Person */
/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./actions.js").HostActions} HostActions */

/** Elsewhere all but the waiting room is folded: the picture needs the place. */
const roomy = "(min-width: 48rem) and (min-height: 30rem)";

export class Panel {
  #panel = find("#panel");
  /** @type {Map<string, Row>} */
  #waiting = new Map();
  /** @type {Map<string, Row>} */
  #inside = new Map();
  /** @type {Person[]} */
  #people = [];
  /** @type {import("./socket.js").AwayPerson[]} */
  #away = [];
  #clock;
  #actions;
  /** When the appointment begins, on this browser's monotonic clock. */
  #startsAt = Infinity;
  #wasEntered = false;
  #isLocked = false;

  /**
   * @param {Clock} clock
   * @param {HostActions} actions each rejected with the reason, as a sentence
   */
  constructor(clock, actions) {
    this.#clock = clock;
    this.#actions = actions;
    this.#bind("[data-admit-all]", () => actions.admitAll());
    this.#bind("[data-lock]", () => actions.lock(!this.#isLocked));
    this.#bind("[data-no-show]", () => actions.noShow());
    /** @type {HTMLDetailsElement} */ (find("[data-more]", this.#panel)).open = matchMedia(roomy).matches;
    setInterval(() => this.#offerNoShow(), 1000);
  }

  /**
   * @param {WaitingChanged} told longest first
   * @returns {WaitingPerson[]} those who were not there before
   */
  showWaiting({ waiting, away, locked }) {
    // Another browser with the same link knocks under the same admission, and is somebody else.
    const fresh = waiting.filter((person) => !this.#waiting.has(knockOf(person)));
    this.#keep(this.#waiting, waiting.map(knockOf));
    for (const person of waiting) {
      const row = this.#row(this.#waiting, knockOf(person), "waiting", person.admission, person.epoch);
      row.show(person.name, aboutWaiting(person));
      row.showMessage(person.message);
      this.#clock.count(find("[data-waited]", row.element), person.waited_ms);
    }
    find("[data-nobody]", this.#panel).hidden = waiting.length > 0;
    find("[data-waiting-count]", this.#panel).textContent = waiting.length ? `(${waiting.length})` : "";
    find("[data-admit-all]", this.#panel).hidden = waiting.length < 2;
    this.#panel.dataset.count = String(waiting.length);
    this.#showLock(locked);
    this.#away = away;
    this.#showInside();
    return fresh;
  }

  /** @param {Person[]} people who are in, besides the host */
  showPeople(people) {
    this.#people = people.filter(({ role }) => role !== "host");
    this.#showInside();
  }

  /** Who was let in and is away may come back without a knock: the host can put them out, too. */
  #showInside() {
    const here = this.#people.map(({ id, name, relation }) => ({ id, name, about: [relation] }));
    const away = this.#away.filter(({ admission }) => this.#people.every(({ id }) => id !== admission))
      .map(({ admission, name, relation }) => ({ id: admission, name, about: [relation, "not connected right now"] }));
    const all = [...here, ...away];
    this.#keep(this.#inside, all.map(({ id }) => id));
    for (const { id, name, about } of all) this.#row(this.#inside, id, "inside", id).show(name, about.filter(Boolean));
    find("[data-inside-part]", this.#panel).hidden = all.length === 0;
    this.#wasEntered ||= all.length > 0;
    this.#offerNoShow();
  }

  /** @param {number | null} milliseconds to the scheduled end */
  setEnd(milliseconds) {
    if (milliseconds !== null) this.#startsAt = performance.now() + milliseconds - Number(this.#panel.dataset.lengthMs);
    this.#offerNoShow();
  }

  /**
   * @param {Map<string, Row>} rows
   * @param {string} id
   * @param {"waiting" | "inside"} list
   * @param {string} admission
   * @param {number} [epoch]
   */
  #row(rows, id, list, admission, epoch) {
    const row = rows.get(id) ?? new Row(`${list}-row`, admission, epoch, this.#actions);
    if (!row.element.isConnected) find(`[data-${list}]`, this.#panel).append(row.element);
    rows.set(id, row);
    return row;
  }

  /**
   * @param {Map<string, Row>} rows
   * @param {string[]} ids
   */
  #keep(rows, ids) {
    for (const [id, { element }] of rows) {
      if (ids.includes(id)) continue;
      if (element.contains(document.activeElement)) find("#panel-heading").focus();
      element.remove();
      rows.delete(id);
    }
  }

  /** @param {boolean} locked */
  #showLock(locked) {
    this.#isLocked = locked;
    const button = find("[data-lock]", this.#panel);
    button.setAttribute("aria-pressed", String(locked));
    button.textContent = locked ? "Unlock the door" : "Lock the door";
    find("[data-locked]", this.#panel).hidden = !locked;
  }

  /** By one click, from the start on, as long as nobody has come. The server has the last word. */
  #offerNoShow() {
    const isLate = performance.now() >= this.#startsAt;
    find("[data-no-show]", this.#panel).hidden = !isLate || this.#wasEntered || this.#waiting.size + this.#inside.size > 0;
  }

  /**
   * @param {string} selector
   * @param {() => Promise<unknown>} act
   */
  #bind(selector, act) {
    const button = /** @type {HTMLButtonElement} */ (find(selector, this.#panel));
    const line = find(":scope > [data-error]", this.#panel);
    button.addEventListener("click", async () => {
      button.disabled = true;
      say(line, "");
      await act().catch((error) => say(line, error.message));
      button.disabled = false;
    });
  }
}

/** @param {WaitingPerson} person */
const knockOf = ({ admission, epoch }) => `${admission} ${epoch}`;

/** @param {WaitingPerson} person */
function aboutWaiting({ present, by_link, relation, other_device, camera, microphone }) {
  const lacks = camera === false && microphone === false ? "no camera, no microphone"
    : camera === false ? "no camera" : microphone === false ? "no microphone" : "";
  return [
    relation, by_link ? "by link" : "by account", other_device ? "another device than before" : "", lacks,
    present ? "" : "not connected right now",
  ].filter(Boolean);
}
