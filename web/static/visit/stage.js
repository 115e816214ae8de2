// The stage: a tile for each other person, one for a shared screen, laid out as a grid or around one of them. It is told who
// is where, who speaks and how it arrives, and knows no connection.
import { find } from "./dom.js";
import { PersonTile, ScreenTile } from "./tiles.js";

/** @typedef {import("./socket.js").Person} Person */
/** @typedef {import("./socket.js").RoomChanged} RoomChanged */
/** @typedef {import("./quality.js").Figures} Figures */
/** @typedef {(mid: string) => MediaStreamTrack | null} Received */
/** @typedef {"grid" | "speaker"} Layout */

const kept = "visit-layout";
const none = { people: [], slots: {} };

export class Stage {
  #root = find("#tiles");
  /** @type {Map<string, PersonTile | ScreenTile>} */
  #tiles = new Map();
  /** @type {RoomChanged} */
  #room = none;
  /** @type {string | null} who spoke last of those who are here */
  #speaker = null;

  constructor() {
    find("#hear").addEventListener("click", () => this.play());
  }

  /** @returns {Layout} as the person wishes it */
  get layout() {
    return localStorage.getItem(kept) === "speaker" ? "speaker" : "grid";
  }

  /** @param {Layout} layout */
  set layout(layout) {
    localStorage.setItem(kept, layout);
    this.#arrange();
  }

  /** Whether there is anything to lay out. */
  get hasChoice() {
    return this.#tiles.size > 1;
  }

  /**
   * @param {RoomChanged} room
   * @param {Received} received the track that arrives in a slot
   */
  show(room, received) {
    this.#room = room;
    const screens = Object.entries(room.slots).filter(([, shown]) => shown?.kind === "screen");
    this.#keep(new Set([...room.people.map(({ id }) => id), ...screens.map(([, shown]) => `screen of ${shown?.person}`)]));
    for (const person of room.people) this.#showPerson(person, received);
    for (const [mid, shown] of screens) this.#showScreen(mid, room.people.find(({ id }) => id === shown?.person), received);
    find("#alone").hidden = this.#tiles.size > 0;
    this.#arrange();
  }

  clear() {
    this.#speaker = null;
    this.show(none, () => null);
  }

  /**
   * Who speaks now; whoever spoke last stays in the middle.
   * @param {string | null} id
   */
  speaks(id) {
    for (const [each, tile] of this.#tiles) tile.root.toggleAttribute("data-speaking", each === id);
    if (id !== null && this.#tiles.has(id)) this.#speaker = id;
    this.#arrange();
  }

  /**
   * How each slot arrives, as the browser counts it.
   * @param {Figures} figures
   */
  measured(figures) {
    for (const [mid, shown] of Object.entries(this.#room.slots)) {
      if (!shown) continue;
      const tile = this.#tiles.get(shown.kind === "screen" ? `screen of ${shown.person}` : shown.person);
      tile?.measured(shown.kind, figures.received.get(mid) ?? null, figures.roundTrip);
    }
  }

  /** Play what the browser holds back: it may want a gesture first, and a call or a sleep may have stopped it. */
  play() {
    find("#hear").hidden = true;
    for (const tile of this.#tiles.values()) tile.play().catch(() => { find("#hear").hidden = false; });
  }

  /** @param {Set<string>} ids */
  #keep(ids) {
    for (const [id, tile] of this.#tiles) {
      if (ids.has(id)) continue;
      tile.root.remove();
      this.#tiles.delete(id);
      if (this.#speaker === id) this.#speaker = null;
    }
  }

  /**
   * @template {PersonTile | ScreenTile} Tile
   * @param {string} id
   * @param {new () => Tile} Kind
   * @returns {Tile}
   */
  #tile(id, Kind) {
    const tile = this.#tiles.get(id) ?? new Kind();
    if (!tile.root.isConnected) this.#root.append(tile.root);
    this.#tiles.set(id, tile);
    return /** @type {Tile} */ (tile);
  }

  /**
   * @param {Person} person
   * @param {Received} received
   */
  #showPerson(person, received) {
    const tile = this.#tile(person.id, PersonTile);
    tile.show(person);
    for (const [mid, shown] of Object.entries(this.#room.slots)) {
      if (shown?.person !== person.id || shown.kind === "screen") continue;
      tile.take(shown.kind, received(mid)).catch(() => { find("#hear").hidden = false; });
    }
  }

  /**
   * @param {string} mid
   * @param {Person | undefined} owner
   * @param {Received} received
   */
  #showScreen(mid, owner, received) {
    if (owner === undefined) return;
    const tile = this.#tile(`screen of ${owner.id}`, ScreenTile);
    tile.show(owner);
    tile.take("screen", received(mid)).catch(() => { find("#hear").hidden = false; });
  }

  /** A shared screen is in the middle in either layout; else whoever speaks, or spoke last, in the speaker's. */
  #arrange() {
    const ids = [...this.#tiles.keys()];
    const screen = ids.find((id) => id.startsWith("screen of "));
    const middle = screen ?? (this.layout === "speaker" ? this.#speaker ?? ids[0] : undefined);
    this.#root.dataset.count = String(Math.min(ids.length, 6));
    this.#root.dataset.layout = middle !== undefined && ids.length > 1 ? "speaker" : "grid";
    for (const [id, tile] of this.#tiles) tile.root.toggleAttribute("data-middle", id === middle);
  }
}
