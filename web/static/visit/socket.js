// The visit's socket: it knows the wire and no page. Messages are described in PROTOCOL.md, namespace /session.
import { io } from "/static/vendor/socket.io.esm.min.js";

/**
 * @typedef {"microphone" | "camera" | "screen"} Kind
 * @typedef {"arriving" | "waiting" | "admitted" | "left" | "denied" | "removed"} State
 * @typedef {{state: State, role: "host" | "client", epoch: number, name: string,
 *   host: "absent" | "here" | "elsewhere", sentence: string, message: string, locked: boolean,
 *   waited_ms: number | null, admitted_ms: number | null, ends_in_ms: number | null}} ParticipantChanged
 * @typedef {{id: string, name: string, role: "host" | "client", relation: string, muted: Record<Kind, boolean>,
 *   quality: "good" | "fair" | "poor" | null}} Person
 * @typedef {{people: Person[], slots: Record<string, {person: string, kind: Kind} | null>}} RoomChanged
 * @typedef {{admission: string, epoch: number, name: string, waited_ms: number, present: boolean, by_link: boolean, relation: string,
 *   other_device: boolean, camera: boolean | null, microphone: boolean | null, message: string}} WaitingPerson
 * @typedef {{admission: string, name: string, relation: string}} AwayPerson
 * @typedef {{locked: boolean, waiting: WaitingPerson[], away: AwayPerson[]}} WaitingChanged
 * @typedef {{id: number, name: string, own: boolean, text: string, at_ms_ago: number}} Written
 * @typedef {{messages: Written[]}} ChatChanged
 * @typedef {{person: string | null}} SpeakerChanged
 * @typedef {{name: "silent" | "failed" | "closed"}} MediaChanged
 * @typedef {{ok?: true, error?: string, message?: string, sdp?: string}} Ack
 * @typedef {(name: string, data: object) => Promise<Ack>} Ask
 *
 * @typedef {object} Listener
 * @property {(told: ParticipantChanged) => void} participantChanged
 * @property {(told: RoomChanged) => void} roomChanged
 * @property {(told: WaitingChanged) => void} waitingChanged
 * @property {(told: ChatChanged) => void} chatChanged
 * @property {(told: SpeakerChanged) => void} speakerChanged
 * @property {(told: MediaChanged) => void} mediaChanged
 * @property {() => void} drained the server is about to end, and another or the next one goes on
 * @property {(crowded: boolean) => void} replaced another window of this person has the visit, or too many by one link
 * @property {() => void} connected
 * @property {() => void} lost it tries again by itself
 * @property {(message: string) => void} refused it does not try again
 */

/**
 * What mends a connection is in a hurry: a path that dropped the media may have dropped the socket too, without a word.
 * On a path that is merely slow it learns to wait longer, up to the least hurry.
 */
const patience = { usual: 8000, hurry: 350, least: 2800 };
const hurried = ["restart"];
const passing = ["unavailable", "elsewhere"];

/**
 * Join the visit of a session, again after every loss.
 * @param {string} session
 * @param {Listener} listener
 * @returns {Ask} asks the server something; what goes wrong on the way is an error like any other
 */
export function join(session, listener) {
  let replaced = false;
  let place = "";
  let hurry = patience.hurry;
  let socket = connect(place);
  return async (name, data) => {
    if (!socket.connected) return { error: "unreachable" };
    const [asked, hurries] = [socket, hurried.includes(name)];
    try {
      return await asked.timeout(hurries ? hurry : patience.usual).emitWithAck(name, data);
    } catch {
      if (hurries && asked === socket) renew();
      return { error: "unreachable" };
    }
  };

  /** A new socket in place of one that may be hung; the server takes the newest for the person's. */
  function renew() {
    hurry = Math.min(hurry * 2, patience.least);
    socket.off();
    socket.disconnect();
    listener.lost();
    socket = connect(place);
  }

  /**
   * Connect to the server behind our page's address (""), or to the one that has the room.
   * @param {string} node
   */
  function connect(node) {
    place = node;
    const made = io(`${node}/session`, {
      auth: { session }, transports: ["websocket"], forceNew: true,
      reconnectionDelay: 300, reconnectionDelayMax: 1000, timeout: 4000,
    });
    const again = () => setTimeout(() => { if (!replaced) made.connect(); }, 1000);
    /** @param {string} to @param {number} pause */
    const move = (to, pause) => {
      made.disconnect();
      setTimeout(() => { if (!replaced) socket = connect(to); }, pause);
    };
    made.on("connect", listener.connected);
    made.on("disconnect", (/** @type {string} */ reason) => {
      if (replaced) return;
      listener.lost();
      if (reason === "io server disconnect") again();
    });
    made.on("connect_error", (/** @type {Error & {data?: {message: string, node?: string}}} */ error) => {
      const owner = error.data?.node;
      if (owner && owner !== node && owner !== location.origin) move(owner, 0);
      else if (made.active || (owner && node)) {
        listener.lost();
        // The room's own server cannot be reached: another takes the room over once its lease has ended.
        if (node) move("", 1000);
      } else if (passing.includes(error.message)) again();
      else listener.refused(error.data?.message ?? "The visit cannot be reached.");
    });
    made.on("participant.changed", listener.participantChanged);
    made.on("room.changed", listener.roomChanged);
    made.on("waiting.changed", listener.waitingChanged);
    made.on("chat.changed", listener.chatChanged);
    made.on("speaker.changed", listener.speakerChanged);
    made.on("media.changed", listener.mediaChanged);
    // A visit comes back as soon as it can: boards wait for their turn, here somebody is speaking.
    made.on("server.drained", listener.drained);
    made.on("participant.replaced", (/** @type {{crowded: boolean}} */ { crowded }) => {
      replaced = true;
      listener.replaced(crowded);
    });
    return made;
  }
}
