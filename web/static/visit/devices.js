// Camera, microphone and screen: what the browser and the person let us have. Knows no page and no connection.

/** @typedef {import("./socket.js").Kind} Kind */
/** @typedef {"denied" | "missing" | "busy" | "insecure"} Problem */

/** @type {Record<string, Problem>} */
const problems = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "missing" };
const wishes = {
  microphone: { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } },
  camera: { video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 }, facingMode: "user" } },
};

export class Devices {
  /** @type {Record<Kind, MediaStreamTrack | null>} */
  tracks = { microphone: null, camera: null, screen: null };
  /** @type {Record<"microphone" | "camera", Problem | null>} */
  problems = { microphone: null, camera: null };

  #changed;
  /** How often all was given back: what the browser grants to an earlier wish is not kept. */
  #stops = 0;

  /** @param {(kind: Kind) => void} changed told after every change of a track */
  constructor(changed) {
    this.#changed = changed;
  }

  /** @param {Kind} kind */
  isOn(kind) {
    return this.tracks[kind]?.readyState === "live" && this.tracks[kind].enabled;
  }

  /** Ask for camera and microphone, both at once or what there is of them. What was switched off before a reload stays off. */
  async start() {
    const wanted = /** @type {("microphone" | "camera")[]} */ (["microphone", "camera"]).filter((kind) => !wasOff(kind));
    if (wanted.length === 2 && await this.#startBoth()) return;
    for (const kind of wanted) await this.#start(kind);
  }

  async #startBoth() {
    const stream = await this.#open({ ...wishes.microphone, ...wishes.camera });
    if (stream === null) return true;
    if (typeof stream === "string") return false;
    this.#take("microphone", stream.getAudioTracks()[0]);
    this.#take("camera", stream.getVideoTracks()[0]);
    return true;
  }

  /** @param {"microphone" | "camera"} kind */
  async #start(kind) {
    const stream = await this.#open(wishes[kind]);
    if (stream === null) return;
    if (typeof stream === "string") this.problems[kind] = stream;
    else this.#take(kind, stream.getTracks()[0]);
    this.#changed(kind);
  }

  /**
   * @param {MediaStreamConstraints} wish
   * @returns {Promise<MediaStream | Problem | null>} null when it is not wanted any more
   */
  async #open(wish) {
    const stops = this.#stops;
    const stream = await openMedia(wish);
    if (stops === this.#stops) return stream;
    if (typeof stream !== "string") for (const track of stream.getTracks()) track.stop();
    return null;
  }

  /**
   * A muted microphone stays ours and sends silence; a camera that is off is given back, so that its light goes out.
   * @param {"microphone" | "camera"} kind
   * @param {boolean} on
   */
  async turn(kind, on) {
    remember(kind, on);
    const track = this.tracks[kind];
    if (on && (track === null || track.readyState === "ended")) return this.#start(kind);
    if (kind === "microphone" && track) track.enabled = on;
    else if (!on) this.#release(kind);
    this.#changed(kind);
  }

  /** Ask which screen or window to share. False if the person thought better of it, or the browser cannot. */
  async shareScreen() {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } } });
      stream.getVideoTracks()[0].contentHint = "detail";
      this.#take("screen", stream.getVideoTracks()[0]);
    } catch {
      return false;
    }
    return true;
  }

  stopScreen() {
    this.#release("screen");
    this.#changed("screen");
  }

  get canShareScreen() {
    return Boolean(navigator.mediaDevices?.getDisplayMedia);
  }

  /** Give everything back. */
  stop() {
    this.#stops += 1;
    for (const kind of /** @type {Kind[]} */ (["microphone", "camera", "screen"])) {
      this.#release(kind);
      this.#changed(kind);
    }
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack} track
   */
  #take(kind, track) {
    this.#release(kind);
    this.tracks[kind] = track;
    if (kind !== "screen") this.problems[kind] = null;
    track.addEventListener("ended", () => { if (this.tracks[kind] === track) this.#lose(kind); });
    this.#changed(kind);
  }

  /** @param {Kind} kind */
  #lose(kind) {
    this.tracks[kind] = null;
    if (kind !== "screen") this.problems[kind] = "missing";
    this.#changed(kind);
  }

  /** @param {Kind} kind */
  #release(kind) {
    const track = this.tracks[kind];
    this.tracks[kind] = null;
    track?.stop();
  }
}

/**
 * @param {MediaStreamConstraints} wish
 * @returns {Promise<MediaStream | Problem>}
 */
async function openMedia(wish) {
  if (!navigator.mediaDevices) return "insecure";
  try {
    return await navigator.mediaDevices.getUserMedia(wish);
  } catch (error) {
    return problems[/** @type {Error} */ (error).name] ?? "busy";
  }
}

/** @param {string} kind */
const wasOff = (kind) => sessionStorage.getItem(`visit-${kind}`) === "off";

/**
 * @param {string} kind
 * @param {boolean} on
 */
const remember = (kind, on) => sessionStorage.setItem(`visit-${kind}`, on ? "on" : "off");
