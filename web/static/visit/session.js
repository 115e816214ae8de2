// The session's page: joins the visit's parts. What is shown follows what the server says of the person's admission.
import { Refused, admit, knock, leave } from "./actions.js";
import { Clock } from "./clock.js";
import { Connection } from "./connection.js";
import { bindControls, offer, press } from "./controls.js";
import { Devices } from "./devices.js";
import { find, play, say } from "./dom.js";
import { openDoor, problemOf, showDevices, showKnocks } from "./door.js";
import { Panel } from "./panel.js";
import { join } from "./socket.js";
import { Stage } from "./stage.js";
import { announce, showLine, showView } from "./views.js";

/** @typedef {import("./socket.js").ParticipantChanged} ParticipantChanged */
/** @typedef {import("./socket.js").RoomChanged} RoomChanged */
/** @typedef {import("./socket.js").Kind} Kind */
/** @typedef {import("./socket.js").State} State */

const page = find("#visit");
const session = page.dataset.session ?? "";
const host = page.dataset.host ?? "";
const isHost = page.dataset.role === "host";
/** @type {Kind[]} */
const kinds = ["microphone", "camera", "screen"];
/** @type {Partial<Record<State, [string, string]>>} */
const endings = {
  left: ["You have left", "Your camera and microphone are off."],
  denied: ["You were not let in", `${host} cannot see you now. You can ask again.`],
  removed: ["You are no longer in the visit", `${host} has ended your part in this visit. You can ask again.`],
};

const clock = new Clock();
const stage = new Stage();
const devices = new Devices(deviceChanged);
const panel = isHost ? new Panel(clock, (admission) => admit(session, admission).then(() => {})) : null;
const ask = join(session, {
  participantChanged, roomChanged, connected, refused,
  waitingChanged: ({ waiting }) => showWaiting(waiting),
  mediaChanged: ({ name }) => { name === "silent" ? connection.restart() : connection.open(); },
  lost,
  replaced: () => end("The visit is open in another window", "That window has the picture and sound now.", true),
});
const connection = new Connection(ask, mediaChanged);

/** @type {State} */
let state = "arriving";
/** @type {RoomChanged} */
let room = { people: [], slots: {} };
let isFirst = true;
let isHostHere = false;
let isLost = false;
let isSilent = false;

openDoor(devices, enter);
bindControls({
  microphone: () => devices.turn("microphone", !devices.isOn("microphone")),
  camera: () => devices.turn("camera", !devices.isOn("camera")),
  inset: toggleInset,
  screen: toggleScreen,
  leave: depart,
});
find("#return").addEventListener("click", comeBack);
addEventListener("online", () => connection.restart());
watchNetwork();
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
devices.start();

/** Where the browser tells its kind of network: from Wi-Fi to mobile the media's path is another one. */
function watchNetwork() {
  const network = /** @type {(EventTarget & {type?: string}) | undefined} */ (Reflect.get(navigator, "connection"));
  let type = network?.type;
  network?.addEventListener("change", () => {
    if (network.type !== type) connection.restart();
    type = network.type;
  });
}

/** @param {string} name */
async function enter(name) {
  await knock(session, name);
}

async function depart() {
  await leave(session).catch((error) => tell(error));
}

async function comeBack() {
  if (page.hasAttribute("data-final")) return location.reload();
  say(find("#ended [data-error]"), "");
  const name = String(new FormData(/** @type {HTMLFormElement} */ (find("#door form"))).get("name"));
  try {
    await knock(session, name);
    await devices.start();
  } catch (error) {
    say(find("#ended [data-error]"), error instanceof Refused ? error.message : "That did not work.");
  }
}

/** @param {Error} error */
function tell(error) {
  say(find("#notice"), error.message);
  announce(error.message);
}

/** @param {ParticipantChanged} told */
function participantChanged(told) {
  const before = state;
  state = told.state;
  showHost(told.host);
  clock.count(find("#waited"), told.waited_ms);
  clock.count(find("#elapsed"), told.admitted_ms);
  if (state === "waiting" || state === "admitted") goOn(before);
  else if (state === "arriving" || isFirst) showView("door");
  else if (before !== state) endAs(told);
  isFirst = false;
}

/** @param {State} before */
function goOn(before) {
  connection.setLive(state === "admitted");
  if (!connection.isOpen) connection.open();
  offer("screen", state === "admitted" && devices.canShareScreen);
  offer("inset", state === "admitted");
  const isNews = showView(state === "admitted" ? "stage" : "waiting");
  if (state !== "admitted") clearRoom();
  if (!isNews) return;
  if (state === "waiting") announce(`You are in the waiting room. ${hostLine()}`);
  else if (before === "waiting") announce("You are admitted");
}

/** @param {ParticipantChanged} told whoever was put out hears why, in the host's words if there are any */
function endAs({ state, sentence }) {
  const [heading, usual] = endings[state] ?? endings.left ?? ["", ""];
  end(state === "left" && sentence ? "The visit is over for you" : heading, sentence || usual);
}

/** @param {ParticipantChanged["host"]} place */
function showHost(place) {
  const isHere = place === "here";
  find("#waiting-room").toggleAttribute("data-host-here", isHere);
  find("#host-line").textContent = isHere ? `${host} is here`
    : place === "elsewhere" ? `${host} is in another visit` : `${host} is not here right now`;
  say(find("#host-away"), !isHost && !isHere ? `${host} is not connected at the moment.` : "");
  if (isHere !== isHostHere && state === "waiting") announce(find("#host-line").textContent ?? "");
  isHostHere = isHere;
}

const hostLine = () => find("#host-line").textContent ?? "";

/** @param {RoomChanged} told */
function roomChanged(told) {
  const before = new Map(room.people.map((person) => [person.id, person.name]));
  const after = new Map(told.people.map((person) => [person.id, person.name]));
  room = told;
  showRoom();
  for (const [id, name] of after) if (!before.has(id)) announce(`${name} is in the visit`);
  for (const [id, name] of before) if (!after.has(id)) announce(`${name} has left the visit`);
}

function showRoom() {
  if (state === "admitted") stage.show(room, (mid) => connection.received(mid));
}

function clearRoom() {
  room = { people: [], slots: {} };
  stage.clear();
}

/** @param {import("./socket.js").WaitingPerson[]} waiting */
function showWaiting(waiting) {
  const fresh = panel?.show(waiting) ?? [];
  showKnocks(waiting.map(({ name }) => name));
  if (fresh.length) announce(fresh.map(({ name }) => `${name} is waiting`).join(", "));
}

function lost() {
  isLost = true;
  tellLine();
}

function connected() {
  if (isLost && connection.isOpen) connection.restart().then(tellMuted);
  isLost = false;
  tellLine();
}

const tellLine = () => showLine(isLost || isSilent ? "lost" : "live");

/** @param {string} message */
function refused(message) {
  end("The visit cannot be joined", message, true);
}

/** @param {string} now */
function mediaChanged(now) {
  if (now === "new") tellMuted();
  else page.dataset.media = now;
  if (now === "new" || now === "connected") showRoom();
  if (now === "silent") isSilent = true;
  if (now === "alive" || now === "new") isSilent = false;
  tellLine();
}

/** @param {Kind} kind */
function deviceChanged(kind) {
  showDevices(devices);
  showSelf();
  press(kind, devices.isOn(kind));
  connection.send(kind, devices.tracks[kind]);
  tellMuted(kind);
  say(find("#notice"), kind === "screen" ? "" : problemOf(devices, kind));
}

function showSelf() {
  play(/** @type {HTMLMediaElement} */ (find("#self video")), devices.tracks.camera).catch(() => {});
  find("#self [data-empty]").hidden = devices.isOn("camera");
}

/**
 * The others are told what is muted; the server refuses a second shared screen.
 * @param {Kind | unknown} [only]
 */
async function tellMuted(only) {
  if (!connection.isOpen) return;
  for (const kind of kinds) {
    if (typeof only === "string" && only !== kind) continue;
    const answer = await ask("mute", { kind, muted: !devices.isOn(kind) });
    if (kind === "screen" && answer.error && devices.isOn("screen")) {
      devices.stopScreen();
      tell(new Error(answer.message));
    }
  }
}

function toggleInset() {
  const self = find("#self");
  self.classList.toggle("put-away");
  press("inset", !self.classList.contains("put-away"));
}

async function toggleScreen() {
  if (devices.isOn("screen")) devices.stopScreen();
  else await devices.shareScreen();
}

/**
 * @param {string} heading
 * @param {string} sentence
 * @param {boolean} isFinal nothing but a fresh page leads back
 */
function end(heading, sentence, isFinal = false) {
  connection.setLive(false);
  connection.close();
  devices.stop();
  clearRoom();
  find("#ended h1").textContent = heading;
  find("#ended p").textContent = sentence;
  page.toggleAttribute("data-final", isFinal);
  showView("ended");
  announce(`${heading}. ${sentence}`);
}
