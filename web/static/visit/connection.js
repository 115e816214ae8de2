// The media connection to the relay: offered once, mended when the network changes, replaced when it cannot be. No page.
//
// Three lines are sent (microphone, camera, screen) and a fixed number received: five pairs of audio and video for other
// people, and one video for a screen. Who appears in which of them is told over the socket, so nothing is negotiated again.

import { FullLayer } from "./full_layer.js";
import { Growth } from "./growth.js";
import { adjust, layers } from "./layers.js";
import { Pulse } from "./pulse.js";

/** @typedef {import("./socket.js").Kind} Kind */
/** @typedef {import("./socket.js").Ask} Ask */

const pairs = 5;
const patience = { disconnected: 1000, restart: 3000, again: 2000 };
/** @type {Kind[]} */
const sent = ["microphone", "camera", "screen"];
/** @param {unknown} error */
const complain = (error) => console.warn("media:", error);
/** @type {Record<Kind, "audio" | "video">} */
const medium = { microphone: "audio", camera: "video", screen: "video" };
// Redundant sound brings each piece twice, where the browser can: the loss of one packet is not heard.
const codecs = { audio: ["audio/red", "audio/opus"], video: ["video/vp8"] };

export class Connection {
  /** @type {RTCPeerConnection | null} */
  #peer = null;
  /** @type {Record<Kind, MediaStreamTrack | null>} */
  #tracks = { microphone: null, camera: null, screen: null };
  /** @type {WeakMap<RTCRtpSender, MediaStreamTrack | null>} */
  #given = new WeakMap();
  #live = false;
  /** How many others watch: nobody, one, or more. */
  #audience = 0;
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** How many offers were answered. */
  #answers = 0;
  #ask;
  #changed;
  #iceServers;
  #growth = new Growth(() => this.#inTurn(() => this.#activateOne("camera")));
  #pulse = new Pulse((times) => this.#silent(times), () => this.#changed("alive"));
  #fullScreen = new FullLayer(() => this.#inTurn(() => this.#activateOne("screen")));

  /**
   * @param {Ask} ask
   * @param {(state: "new" | "silent" | "alive" | RTCPeerConnectionState) => void} changed told of every state; "new" when the
   *   received tracks are other ones than before; "silent" when nothing arrives any more, and "alive" when it does again
   * @param {RTCIceServer[]} [iceServers]
   */
  constructor(ask, changed, iceServers = []) {
    this.#ask = ask;
    this.#iceServers = iceServers;
    this.#changed = changed;
  }

  get isOpen() {
    return this.#peer !== null;
  }

  /** @param {string} mid */
  received(mid) {
    return this.#peer?.getTransceivers().find((each) => each.mid === mid)?.receiver.track ?? null;
  }

  /** Connect, in place of any older connection. Tries again by itself until `close`. */
  open() {
    return this.#inTurn(() => this.#offer());
  }

  /**
   * The relay has a connection no longer: connect anew. What it says while an offer is under way is of the one before, and
   * to follow it would end the new one, of which it would say the same.
   */
  lost() {
    const known = this.#answers;
    return this.#inTurn(async () => { if (this.#answers === known) await this.#offer(); });
  }

  /** The network may have changed: new ICE credentials on the same connection, or else a new one. */
  restart() {
    return this.#inTurn(async () => {
      if (this.#peer === null) return;
      const outcome = await this.#restart(this.#peer);
      if (outcome === "refused") await this.#offer();
      else this.#expect(outcome === "done" ? patience.restart : patience.again);
    });
  }

  /** How the connection fares, as the browser counts it; null without one. */
  statistics() {
    return this.#peer?.getStats() ?? null;
  }

  close() {
    return this.#inTurn(async () => this.#discard());
  }

  /**
   * Send a track, or nothing.
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  send(kind, track) {
    this.#tracks[kind] = track;
    return this.#inTurn(() => this.#activateOne(kind));
  }

  /**
   * Before the admission nothing leaves the browser: the encodings are inactive, and the senders of sound have no track,
   * for Firefox sends sound all the same. The camera's has: its frames are at hand when the encoding becomes active.
   * Not in turn: the admission waits for no negotiation, and every negotiation ends with the same step.
   * @param {boolean} live
   */
  setLive(live) {
    if (this.#live === live) return this.#last;
    this.#live = live;
    return this.#activate().catch(complain);
  }

  /**
   * For nobody the camera's picture stays small; for more than one other person the lesser layers are sent too.
   * @param {number} others
   */
  setAudience(others) {
    const [before, now] = [this.#audience, Math.min(others, 2)];
    if (before === now) return this.#last;
    this.#audience = now;
    if (before === 0 || now === 0) this.#grow();
    // The first to come gets what was sent to nobody, without a word to the encoder.
    return before === 0 && now === 1 ? this.#last : this.#inTurn(() => this.#activateAll());
  }

  #grow() {
    this.#growth.begin(this.#live && this.#audience > 0 ? this.#peer : null);
  }

  /**
   * One after the other: two negotiations at a time would meet.
   * @param {() => Promise<unknown>} step
   */
  #inTurn(step) {
    this.#last = this.#last.then(step).catch(complain);
    return this.#last;
  }

  /** @param {number} times */
  #silent(times) {
    this.#changed("silent");
    times === 1 ? this.restart() : this.open();
  }

  async #offer() {
    this.#discard();
    const peer = this.#peer = this.#build();
    await peer.setLocalDescription();
    const answer = await this.#ask("offer", { sdp: peer.localDescription?.sdp });
    if (answer.sdp === undefined) return this.#expect(patience.again);
    this.#answers += 1;
    await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    await this.#activate();
    this.#changed("new");
  }

  /**
   * @param {RTCPeerConnection} peer
   * @returns {Promise<"done" | "refused" | "unreachable">}
   */
  async #restart(peer) {
    // An offer that was never answered is taken back: its checks began on a path that may be gone.
    if (peer.signalingState === "have-local-offer" && peer.remoteDescription) await peer.setLocalDescription({ type: "rollback" });
    if (peer.signalingState !== "stable") return "refused";
    peer.restartIce();
    await peer.setLocalDescription();
    const answer = await this.#ask("restart", { sdp: peer.localDescription?.sdp });
    if (answer.error === "unreachable") return "unreachable";
    if (answer.sdp === undefined) return "refused";
    await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    await this.#activateAll();
    return "done";
  }

  #build() {
    const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: this.#iceServers });
    for (const kind of sent) this.#addLine(peer, medium[kind], "sendonly", layers[kind]);
    for (let pair = 0; pair < pairs; pair++) {
      this.#addLine(peer, "audio", "recvonly");
      this.#addLine(peer, "video", "recvonly");
    }
    this.#addLine(peer, "video", "recvonly");
    peer.addEventListener("connectionstatechange", () => this.#watch(peer));
    return peer;
  }

  /**
   * @param {RTCPeerConnection} peer
   * @param {"audio" | "video"} kind
   * @param {"sendonly" | "recvonly"} direction
   * @param {RTCRtpEncodingParameters[]} [sendEncodings]
   */
  #addLine(peer, kind, direction, sendEncodings) {
    const line = peer.addTransceiver(kind, { direction, sendEncodings });
    const known = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
    line.setCodecPreferences?.(known.filter((each) => codecs[kind].includes(each.mimeType.toLowerCase())));
  }

  /** @param {Kind} kind */
  #sender(kind) {
    return this.#peer?.getTransceivers()[sent.indexOf(kind)]?.sender;
  }

  async #activate() {
    this.#pulse.expect(this.#live ? this.#peer : null);
    this.#grow();
    await this.#activateAll();
  }

  #activateAll() {
    return Promise.all(sent.map((kind) => this.#activateOne(kind)));
  }

  /** @param {Kind} kind */
  async #activateOne(kind) {
    const sender = this.#sender(kind);
    if (!sender) return;
    const isScreen = kind === "screen";
    const track = this.#live || kind === "camera" ? this.#tracks[kind] : null;
    if (isScreen) this.#fullScreen.expect(sender, track);
    // Without a track nothing is sent; an active line has its share all the same of the little that browsers begin with.
    if (track === null && this.#given.get(sender) === null) return;
    const parameters = sender.getParameters();
    adjust(kind, parameters.encodings, {
      live: this.#live && track !== null,
      lesser: this.#audience > 1 && !(isScreen && this.#fullScreen.isAlone),
      scale: isScreen ? 1 : this.#growth.scale(track),
    });
    await Promise.all([sender.setParameters(parameters), this.#give(sender, track)]);
  }

  /**
   * `sender.track` tells it late: two changes may be under way.
   * @param {RTCRtpSender} sender
   * @param {MediaStreamTrack | null} track
   */
  async #give(sender, track) {
    if (this.#given.get(sender) === track) return;
    this.#given.set(sender, track);
    await sender.replaceTrack(track);
  }

  /** @param {RTCPeerConnection} peer */
  #watch(peer) {
    if (peer !== this.#peer) return;
    this.#changed(peer.connectionState);
    clearTimeout(this.#timer);
    if (peer.connectionState === "disconnected") this.#timer = setTimeout(() => this.restart(), patience.disconnected);
    if (peer.connectionState === "failed") this.restart();
  }

  /**
   * Unless connected by then, connect anew.
   * @param {number} milliseconds
   */
  #expect(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#peer && this.#peer.connectionState !== "connected") this.open();
    }, milliseconds);
  }

  #discard() {
    clearTimeout(this.#timer);
    this.#pulse.expect(null);
    this.#growth.begin(null);
    this.#peer?.close();
    this.#peer = null;
  }
}
