// Camera, microphone and screen: what the browser and the person let us have, and which of several. Knows no page and no
// connection.

/** @typedef {import("./socket.js").Kind} Kind */
/** @typedef {"microphone" | "camera"} Own */
/** @typedef {"denied" | "system" | "missing" | "busy" | "insecure"} Problem */
/** @typedef {{id: string, name: string}} Choice */

/** @type {Record<string, Problem>} */
const problems = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "missing" };
/** @type {Own[]} */
const own = ["microphone", "camera"];
/** @type {Record<string, Own | "speaker">} */
const kindsOf = { audioinput: "microphone", videoinput: "camera", audiooutput: "speaker" };
/** @type {Record<Own, MediaTrackConstraints>} */
const wishes = {
  microphone: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  camera: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 }, facingMode: "user" },
};

export class Devices {
  /** @type {Record<Kind, MediaStreamTrack | null>} */
  tracks = { microphone: null, camera: null, screen: null };
  /** @type {Record<Own, Problem | null>} */
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

  /** Whether the browser would ask the person before it gives a camera or microphone that is wanted. */
  async wouldAsk() {
    const wanted = own.filter((kind) => !wasOff(kind));
    if (wanted.length === 0 || !navigator.mediaDevices) return false;
    const states = await Promise.all(wanted.map(permission));
    if (!states.includes(null)) return states.includes("prompt");
    // Browsers that do not tell name the devices only to pages that may use them.
    const known = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    return !known.some(({ label }) => label);
  }

  /** Take camera and microphone, both at once or what there is of them. What was switched off before a reload stays off. */
  async start() {
    const wanted = own.filter((kind) => !wasOff(kind) && !this.isOn(kind));
    if (wanted.length === 2 && await this.#startBoth()) return;
    for (const kind of wanted) await this.#start(kind);
  }

  /**
   * The person wants these and no others.
   * @param {Own[]} kinds
   */
  async ask(kinds) {
    for (const kind of own) remember(kind, kinds.includes(kind));
    await this.start();
    for (const kind of own) this.#changed(kind);
  }

  async #startBoth() {
    const stream = await this.#open({ audio: wishOf("microphone"), video: wishOf("camera") });
    if (stream === null) return true;
    if (typeof stream === "string") return false;
    this.#take("microphone", stream.getAudioTracks()[0]);
    this.#take("camera", stream.getVideoTracks()[0]);
    return true;
  }

  /**
   * @param {Own} kind
   * @param {string} [exactly] this device and no other
   */
  async #start(kind, exactly) {
    const stream = await this.#open({ [kind === "camera" ? "video" : "audio"]: wishOf(kind, exactly) });
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
   * @param {Own} kind
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

  /**
   * Take it anew: the system has silenced or ended what there was. What the person switched off stays off.
   * @param {Own} kind
   */
  async renew(kind) {
    if (wasOff(kind)) return;
    this.#release(kind);
    await this.#start(kind);
  }

  /**
   * What there is to choose from, by its name. Before the person has allowed it, browsers tell nothing.
   * @returns {Promise<Record<Own | "speaker", Choice[]>>}
   */
  async choices() {
    /** @type {Record<Own | "speaker", Choice[]>} */
    const found = { microphone: [], camera: [], speaker: [] };
    for (const { kind, deviceId, label } of await navigator.mediaDevices?.enumerateDevices().catch(() => []) ?? []) {
      if (label && kindsOf[kind]) found[kindsOf[kind]].push({ id: deviceId, name: label });
    }
    return found;
  }

  /** @param {Own} kind @returns {string} the id of the device in use, or of the one that was chosen */
  chosen(kind) {
    return this.tracks[kind]?.getSettings().deviceId ?? choiceOf(kind);
  }

  /**
   * Use this one, now and in later visits; if it cannot be had, whatever there is.
   * @param {Own} kind
   * @param {string} id
   */
  async choose(kind, id) {
    localStorage.setItem(`visit-device-${kind}`, id);
    remember(kind, true);
    // Given back first: phones open one camera at a time.
    this.#release(kind);
    await this.#start(kind, id);
    if (this.problems[kind] && this.problems[kind] !== "denied") await this.#start(kind);
  }

  /**
   * Ask which screen or window to share.
   * @returns {Promise<Problem | null>} "denied" when the person thought better of it
   */
  async shareScreen() {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } } });
      stream.getVideoTracks()[0].contentHint = "detail";
      this.#take("screen", stream.getVideoTracks()[0]);
    } catch (error) {
      return problemIn(error);
    }
    return null;
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
    return problemIn(error);
  }
}

/** @param {unknown} error @returns {Problem} */
function problemIn(error) {
  const { name, message } = /** @type {Error} */ (error);
  if (name === "NotAllowedError" && /system/i.test(message)) return "system";
  return problems[name] ?? "busy";
}

/**
 * @param {Own} kind
 * @param {string} [exactly]
 * @returns {MediaTrackConstraints}
 */
function wishOf(kind, exactly) {
  const id = exactly ?? choiceOf(kind);
  return id ? { ...wishes[kind], deviceId: exactly ? { exact: id } : { ideal: id } } : wishes[kind];
}

/** @param {Own} kind @returns {Promise<PermissionState | null>} null where the browser does not tell */
async function permission(kind) {
  const name = /** @type {PermissionName} */ (kind);
  return navigator.permissions?.query({ name }).then(({ state }) => state).catch(() => null) ?? null;
}

/** @param {Own} kind */
const choiceOf = (kind) => localStorage.getItem(`visit-device-${kind}`) ?? "";

/** @param {string} kind */
const wasOff = (kind) => sessionStorage.getItem(`visit-${kind}`) === "off";

/**
 * @param {string} kind
 * @param {boolean} on
 */
const remember = (kind, on) => sessionStorage.setItem(`visit-${kind}`, on ? "on" : "off");
