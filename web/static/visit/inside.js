// The visit itself, as an admitted person has it: the others on the stage, what is written, how the connection does, and the
// scheduled end. It lasts from the admission until the person waits or goes.
import { Chat } from "./chat.js";
import { offer, press } from "./controls.js";
import { find, say } from "./dom.js";
import { Ending } from "./ending.js";
import { note } from "./notices.js";
import { Meter } from "./quality.js";
import { Stage } from "./stage.js";
import { announce } from "./views.js";

/** @typedef {import("./socket.js").RoomChanged} RoomChanged */
/** @typedef {import("./quality.js").Figures} Figures */

const grades = { good: "good", fair: "fair", poor: "weak" };
const pause = 2000;
/** So many poor readings one after the other are worth a sentence. */
const patience = 3;

export class Inside {
  #stage = new Stage();
  #chat;
  #meter = new Meter();
  #ending = new Ending(find("#ending"), announce);
  #connection;
  #isOn = false;
  #poor = 0;
  /** @type {RoomChanged} */
  #room = { people: [], slots: {} };

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./socket.js").Ask} ask
   */
  constructor(connection, ask) {
    this.#connection = connection;
    this.#chat = new Chat((text) => ask("chat", { text }), (isOpen, unread) => this.#showUnread(isOpen, unread));
    setInterval(() => this.#measure(), pause);
  }

  /** @param {number | null | undefined} endsIn milliseconds until the scheduled end */
  begin(endsIn) {
    this.#isOn = true;
    this.#ending.set(endsIn);
    this.#offer();
  }

  end() {
    this.#isOn = false;
    this.#room = { people: [], slots: {} };
    this.#stage.clear();
    this.#ending.set(null);
    this.#chat.clear();
    note("weak", "");
    this.#offer();
  }

  /** @param {RoomChanged} told */
  roomChanged(told) {
    const before = new Map(this.#room.people.map((person) => [person.id, person.name]));
    const after = new Map(told.people.map((person) => [person.id, person.name]));
    this.#room = told;
    this.#connection.setAudience(told.people.length);
    this.show();
    for (const [id, name] of after) if (!before.has(id)) announce(`${name} is in the visit`);
    for (const [id, name] of before) if (!after.has(id)) announce(`${name} has left the visit`);
  }

  /** The others' tracks are other ones than before. */
  show() {
    if (!this.#isOn) return;
    this.#stage.show(this.#room, (mid) => this.#connection.received(mid));
    this.#offer();
  }

  /** @param {string | null} person */
  speakerChanged(person) {
    this.#stage.speaks(person);
  }

  /** @param {import("./socket.js").Written[]} messages */
  chatChanged(messages) {
    const fresh = this.#chat.show(messages);
    const last = fresh.at(-1);
    if (last === undefined) return;
    if (this.#chat.isOpen) return announce(fresh.map(({ name, text }) => `${name} writes: ${text}`).join(". "));
    note("chat", `${last.name} writes: ${last.text}`, true);
  }

  toggleChat() {
    note("chat", "");
    this.#chat.toggle(!this.#chat.isOpen);
  }

  toggleLayout() {
    this.#stage.layout = this.#stage.layout === "grid" ? "speaker" : "grid";
    this.#offer();
  }

  /** The page runs again after a sleep or a call. */
  woke() {
    if (this.#isOn) this.#stage.play();
  }

  #offer() {
    offer("layout", this.#isOn && this.#stage.hasChoice);
    press("layout", this.#stage.layout === "speaker");
    offer("chat", this.#isOn);
  }

  /**
   * @param {boolean} isOpen
   * @param {number} unread
   */
  #showUnread(isOpen, unread) {
    press("chat", isOpen);
    say(find("#controls [data-unread]"), unread ? String(unread) : "");
    find("#controls [data-action=chat]").setAttribute("aria-label", unread ? `Chat, ${unread} not read` : "Chat");
  }

  async #measure() {
    const report = this.#isOn ? await this.#connection.statistics()?.catch(() => null) : null;
    if (!report || !this.#isOn) return;
    const figures = this.#meter.read(report);
    this.#stage.measured(figures);
    this.#showOwn(figures);
  }

  /** @param {Figures} figures */
  #showOwn({ grade, loss, roundTrip }) {
    this.#poor = grade === "poor" ? this.#poor + 1 : 0;
    note("weak", this.#poor >= patience ? "Your connection is weak. Without your camera the sound may be better." : "");
    const mark = find("[data-own-quality]");
    mark.hidden = grade === null;
    if (grade === null) return;
    mark.dataset.ownQuality = grade;
    find("[data-own-grade]", mark).textContent = `Your connection is ${grades[grade]}`;
    const lost = loss === null ? "" : `, ${(loss * 100).toFixed(1)} % lost`;
    const trip = roundTrip === null ? "" : `, ${Math.round(roundTrip * 1000)} ms to the server and back`;
    say(find("[data-own-figures]"), `Your connection is ${grades[grade]}${lost}${trip}.`);
  }
}
