// One tile of the stage: picture and sound of a person or a screen, whose it is, and how it arrives.
import { find, make, play, say } from "./dom.js";

/** @typedef {import("./socket.js").Person} Person */
/** @typedef {import("./socket.js").Kind} Kind */
/** @typedef {import("./quality.js").Stream} Stream */

/** So many readings without a single frame are worth a word. */
const patience = 2;
const grades = { good: "good", fair: "fair", poor: "weak" };

class Tile {
  /** @param {string} template */
  constructor(template) {
    this.root = make(template);
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  take(kind, track) {
    const element = this.#element(kind);
    if (element instanceof HTMLVideoElement && track && !element.srcObject) withhold(element);
    return play(element, track);
  }

  /** Go on with what stands still. Rejected when the browser wants a gesture first. */
  async play() {
    for (const element of this.root.querySelectorAll("audio, video")) {
      const media = /** @type {HTMLMediaElement} */ (element);
      if (media.srcObject && media.paused) await media.play();
    }
  }

  /**
   * @param {Kind} kind
   * @param {Stream | null} stream
   * @param {number | null} roundTrip
   */
  measured(kind, stream, roundTrip) {}

  /** @param {Kind} kind @returns {HTMLMediaElement} */
  #element(kind) {
    return /** @type {HTMLMediaElement} */ (find(kind === "microphone" ? "audio" : "video", this.root));
  }
}

export class ScreenTile extends Tile {
  constructor() {
    super("screen-tile");
  }

  /** @param {Person} owner */
  show(owner) {
    say(find("[data-name]", this.root), `${owner.name}'s screen`);
    find("video", this.root).setAttribute("aria-label", `${owner.name}'s screen`);
  }
}

export class PersonTile extends Tile {
  #still = 0;
  #mark;
  #figures;

  constructor() {
    super("tile");
    const mark = this.#mark = find("[data-quality]", this.root);
    const figures = this.#figures = find("[data-figures]", this.root);
    mark.addEventListener("click", () => {
      figures.hidden = !figures.hidden;
      mark.setAttribute("aria-expanded", String(!figures.hidden));
    });
  }

  /** @param {Person} person */
  show(person) {
    this.root.dataset.person = person.name;
    find("[data-name]", this.root).textContent = person.name;
    say(find("[data-relation]", this.root), person.relation);
    find("[data-initials]", this.root).textContent = initials(person.name);
    find("[data-muted]", this.root).hidden = !person.muted.microphone;
    const video = find("video", this.root);
    video.hidden = person.muted.camera;
    video.setAttribute("aria-label", `${person.name}'s picture`);
    this.#grade(person);
  }

  /**
   * @param {Kind} kind
   * @param {Stream | null} stream
   * @param {number | null} roundTrip
   */
  measured(kind, stream, roundTrip) {
    if (kind === "camera") this.#showStill(stream);
    if (kind === "microphone") this.#fill("sound", stream ? `${percent(stream.loss)} lost` : "none");
    else this.#fill("picture", stream?.height ? `${stream.width} × ${stream.height}, ${stream.frames} a second, ${percent(stream.loss)} lost` : "none");
    this.#fill("round-trip", roundTrip === null ? "not known yet" : `${Math.round(roundTrip * 1000)} ms from here to the server`);
  }

  /**
   * A picture that stands still is not taken for a quiet person.
   * @param {Stream | null} stream
   */
  #showStill(stream) {
    const isExpected = !find("video", this.root).hidden && stream !== null;
    this.#still = isExpected && stream.frames === 0 ? this.#still + 1 : 0;
    find("[data-still]", this.root).hidden = this.#still < patience;
  }

  /** @param {Person} person */
  #grade({ name, quality }) {
    this.#mark.hidden = quality === null || quality === undefined;
    if (!quality) return;
    this.#mark.dataset.quality = quality;
    this.#mark.setAttribute("aria-label", `${name}'s connection is ${grades[quality]}. Figures`);
    this.#fill("grade", grades[quality]);
  }

  /** @param {string} name @param {string} text */
  #fill(name, text) {
    find(`[data-figure=${name}]`, this.#figures).textContent = text;
  }
}

/**
 * A receiver's line keeps its last frame, which may be of whoever it showed before: nothing is seen until a second came.
 * @param {HTMLVideoElement} video
 */
function withhold(video) {
  if (!("requestVideoFrameCallback" in video)) return;
  video.dataset.stale = "";
  video.requestVideoFrameCallback(() => video.requestVideoFrameCallback(() => { delete video.dataset.stale; }));
}

/** @param {number | null} share */
const percent = (share) => share === null ? "not known yet" : `${(share * 100).toFixed(1)} %`;

/** @param {string} name */
function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words[words.length - 1] : ""].map((word) => [...(word ?? "")][0] ?? "").join("").toUpperCase();
}
