// The stage: a tile for each other person, one for a shared screen. It is told who is where, and knows no connection.
import { find, make, play, say } from "./dom.js";

/** @typedef {import("./socket.js").Person} Person */
/** @typedef {import("./socket.js").RoomChanged} RoomChanged */
/** @typedef {(mid: string) => MediaStreamTrack | null} Received */

export class Stage {
  #root = find("#tiles");
  /** @type {Map<string, HTMLElement>} */
  #tiles = new Map();

  constructor() {
    find("#hear").addEventListener("click", () => {
      for (const element of this.#root.querySelectorAll("audio, video")) {
        /** @type {HTMLMediaElement} */ (element).play().catch(() => {});
      }
      find("#hear").hidden = true;
    });
  }

  /**
   * @param {RoomChanged} room
   * @param {Received} received the track that arrives in a slot
   */
  show(room, received) {
    const screens = Object.entries(room.slots).filter(([, shown]) => shown?.kind === "screen");
    this.#keep(new Set([...room.people.map(({ id }) => id), ...screens.map(([, shown]) => `screen of ${shown?.person}`)]));
    for (const person of room.people) this.#showPerson(person, room, received);
    for (const [mid, shown] of screens) this.#showScreen(mid, room.people.find(({ id }) => id === shown?.person), received);
    this.#root.dataset.count = String(Math.min(this.#tiles.size, 6));
    this.#root.toggleAttribute("data-screen", screens.length > 0);
    find("#alone").hidden = this.#tiles.size > 0;
  }

  clear() {
    this.show({ people: [], slots: {} }, () => null);
  }

  /** @param {Set<string>} ids */
  #keep(ids) {
    for (const [id, tile] of this.#tiles) {
      if (ids.has(id)) continue;
      tile.remove();
      this.#tiles.delete(id);
    }
  }

  /**
   * @param {string} id
   * @param {string} template
   */
  #tile(id, template) {
    const tile = this.#tiles.get(id) ?? make(template);
    if (!tile.isConnected) this.#root.append(tile);
    this.#tiles.set(id, tile);
    return tile;
  }

  /**
   * @param {Person} person
   * @param {RoomChanged} room
   * @param {Received} received
   */
  #showPerson(person, room, received) {
    const tile = this.#tile(person.id, "tile");
    tile.dataset.person = person.name;
    find("[data-name]", tile).textContent = person.name;
    find("[data-initials]", tile).textContent = initials(person.name);
    find("[data-muted]", tile).hidden = !person.muted.microphone;
    find("video", tile).hidden = person.muted.camera;
    for (const [mid, shown] of Object.entries(room.slots)) {
      if (shown?.person !== person.id || shown.kind === "screen") continue;
      this.#play(find(shown.kind === "camera" ? "video" : "audio", tile), received(mid));
    }
  }

  /**
   * @param {string} mid
   * @param {Person | undefined} owner
   * @param {Received} received
   */
  #showScreen(mid, owner, received) {
    if (owner === undefined) return;
    const tile = this.#tile(`screen of ${owner.id}`, "screen-tile");
    say(find("[data-name]", tile), `${owner.name}'s screen`);
    this.#play(find("video", tile), received(mid));
  }

  /**
   * @param {HTMLElement} element
   * @param {MediaStreamTrack | null} track
   */
  #play(element, track) {
    play(/** @type {HTMLMediaElement} */ (element), track).catch(() => { find("#hear").hidden = false; });
  }
}

/** @param {string} name */
function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words[words.length - 1] : ""].map((word) => [...(word ?? "")][0] ?? "").join("").toUpperCase();
}
