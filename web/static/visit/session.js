// The session's page: joins the visit's parts. What is shown follows what the server says of the person's admission.
import { HostActions, Refused, knock, leave } from "./actions.js";
import { problemOf } from "./checks.js";
import { Clock } from "./clock.js";
import { Configurations } from "./configurations.js";
import { Connection } from "./connection.js";
import { bindControls, offer, press } from "./controls.js";
import { Devices } from "./devices.js";
import { find, mirror, say } from "./dom.js";
import { Door } from "./door.js";
import { iceServers } from "./ice_servers.js";
import { Inside } from "./inside.js";
import { Interruptions } from "./interruptions.js";
import { note } from "./notices.js";
import { makeRoom } from "./keyboard_room.js";
import { Panel } from "./panel.js";
import * as picture from "./picture.js";
import { Publishing } from "./publishing.js";
import { Reach } from "./reach.js";
import { join } from "./socket.js";
import { announce, showLine, showView } from "./views.js";
import { WaitingRoom } from "./waiting.js";
import { onWaking, Wakefulness } from "./waking.js";

/** @typedef {import("./socket.js").ParticipantChanged} ParticipantChanged */
/** @typedef {import("./socket.js").Kind} Kind */
/** @typedef {import("./socket.js").State} State */

const page = find("#visit");
const session = page.dataset.session ?? "";
const host = page.dataset.host ?? "";
const isHost = page.dataset.role === "host";
/** @type {Partial<Record<State, [string, string]>>} */
const endings = {
  left: ["You have left", "Your camera and microphone are off."],
  denied: ["You were not let in", `${host} cannot see you now. You can ask again.`],
  removed: ["You are no longer in the visit", `${host} has ended your part in this visit. You can ask again.`],
};

const clock = new Clock();
const devices = new Devices(deviceChanged);
const interruptions = new Interruptions(devices, note);
const configurations = new Configurations(devices);
const panel = isHost ? new Panel(clock, new HostActions(session)) : null;
const waitingRoom = new WaitingRoom(host);
const ask = join(session, {
  participantChanged, connected, refused,
  roomChanged: (told) => {
    inside.roomChanged(told);
    panel?.showPeople(told.people);
  },
  waitingChanged: showWaiting,
  chatChanged: ({ messages }) => inside.chatChanged(messages),
  speakerChanged: ({ person }) => inside.speakerChanged(person),
  mediaChanged: ({ name }) => { name === "silent" ? connection.restart() : connection.lost(); },
  lost,
  drained: () => note("restart", "The server is being restarted. You are connected again in a moment."),
  replaced,
});
const connection = new Connection(ask, mediaChanged, iceServers());
const publishing = new Publishing(devices, connection, ask);
const inside = new Inside(connection, ask);
const door = new Door(devices, ask, enter);
const wakefulness = new Wakefulness();
const reach = new Reach();

/** @type {State} */
let state = "arriving";
let isFirst = true;
let isLost = false;
let isSilent = false;

bindControls({
  microphone: () => turn("microphone"),
  camera: () => turn("camera"),
  inset: toggleInset,
  screen: () => publishing.toggleScreen(),
  layout: () => inside.toggleLayout(),
  chat: () => inside.toggleChat(),
  configurations: () => configurations.open(),
  leave: depart,
});
find("#return").addEventListener("click", comeBack);
addEventListener("online", () => connection.restart());
onWaking(woke);
makeRoom();
watchNetwork();
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

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
  note("refused", "");
  await leave(session).catch((error) => tell(error));
}

async function comeBack() {
  if (page.hasAttribute("data-final")) return location.reload();
  say(find("#ended [data-error]"), "");
  try {
    await knock(session, door.name);
    await devices.start();
  } catch (error) {
    // It is over meanwhile: a fresh page says so, and what is left to do.
    if (error instanceof Refused && error.code === "not_open") return location.reload();
    say(find("#ended [data-error]"), error instanceof Refused ? error.message : "That did not work.");
  }
}

/** @param {Error} error */
function tell(error) {
  note("refused", error.message);
}

/** @param {ParticipantChanged} told */
function participantChanged(told) {
  const before = state;
  state = told.state;
  showHost(told);
  panel?.setEnd(told.ends_in_ms);
  door.showLock(told.locked && !isHost);
  clock.count(find("#waited"), told.waited_ms);
  clock.count(find("#elapsed"), told.admitted_ms);
  if (state === "waiting" || state === "admitted") goOn(before, told.ends_in_ms);
  else if (state === "arriving" || isFirst) openDoor();
  else if (before !== state) endAs(told);
  isFirst = false;
}

function openDoor() {
  showView("door");
  door.opened();
}

/**
 * @param {State} before
 * @param {number | null} [endsIn]
 */
function goOn(before, endsIn) {
  // A phone that goes dark in the waiting room takes its person off the line.
  wakefulness.set(true);
  connection.setLive(state === "admitted");
  if (!connection.isOpen) connection.open();
  if (isFirst) devices.start();
  tellDevices();
  offer("screen", state === "admitted" && devices.canShareScreen);
  offer("inset", state === "admitted");
  if (state === "admitted") inside.begin(endsIn);
  else {
    inside.end();
    // Whoever is sent back shows nothing more, and their bar has no button for it any longer.
    if (devices.isOn("screen")) devices.stopScreen();
  }
  const isNews = showView(state === "admitted" ? "stage" : "waiting");
  if (!isNews) return;
  if (state === "waiting") announce(`You are in the waiting room. ${waitingRoom.line}`);
  else if (before === "waiting") {
    waitingRoom.admitted();
    announce("You are admitted");
  }
}

/** @param {ParticipantChanged} told whoever was put out hears why, in the host's words if there are any */
function endAs({ state, sentence }) {
  const [heading, usual] = endings[state] ?? endings.left ?? ["", ""];
  if (state !== "left") end(heading, sentence || usual, "Knock again");
  // Over, moved, another host: a fresh page says what is left to do.
  else if (sentence) end("The visit is over for you", sentence, "To the session", true);
  else end(heading, usual, "Return to the visit");
}

/** @param {ParticipantChanged} told */
function showHost(told) {
  waitingRoom.show(told);
  say(find("#host-away"), !isHost && told.host !== "here" ? `${host} is not connected at the moment.` : "");
}

/** @param {import("./socket.js").WaitingChanged} told */
function showWaiting(told) {
  const fresh = panel?.showWaiting(told) ?? [];
  door.showKnocks(told.waiting.map(({ name }) => name));
  if (fresh.length) announce(fresh.map(({ name }) => `${name} is waiting`).join(", "));
}

function lost() {
  isLost = true;
  reach.forget();
  tellLine();
}

function connected() {
  if (isLost && connection.isOpen) connection.restart().then(() => publishing.tellAll());
  isLost = false;
  note("restart", "");
  tellLine();
}

const tellLine = () => showLine(isLost || isSilent ? "lost" : "live");

/** @param {boolean} crowded */
function replaced(crowded) {
  if (crowded) end("This link is open in too many browsers", "Five browsers may have it open at once, and newer ones do. Close one of them, then come back.", "Return to the visit", true);
  else end("The visit is open in another window", "That window has the picture and sound now.", "Return to the visit", true);
}

/** @param {string} message */
function refused(message) {
  // Whoever was told why they are out may read on.
  if (page.dataset.view === "ended") page.toggleAttribute("data-final", true);
  else end("The visit cannot be joined", message, "To the session", true);
}

/** @param {string} now */
function mediaChanged(now) {
  if (now === "new") publishing.tellAll();
  else page.dataset.media = now;
  if (now === "new" || now === "connected") inside.show();
  if (now === "silent") isSilent = true;
  if (now === "alive" || now === "new") isSilent = false;
  if (!isLost) reach.changed(now);
  tellLine();
}

/** @param {Kind} kind */
function deviceChanged(kind) {
  door.show();
  showSelf();
  press(kind, devices.isOn(kind));
  publishing.changed(kind);
  tellDevices();
  interruptions.watch();
  if (kind === "camera") picture.apply(devices.tracks.camera);
  if (kind !== "screen") note(`problem of ${kind}`, interruptions.hasLost(kind) ? "" : problemOf(devices, kind), true);
}

/** The host sees of those who wait with what they come. */
function tellDevices() {
  if (state === "waiting") ask("devices", { camera: devices.isOn("camera"), microphone: devices.isOn("microphone") });
}

/**
 * Its button was pressed: off, on, or taken back from whatever has interrupted it.
 * @param {import("./devices.js").Own} kind
 */
async function turn(kind) {
  if (interruptions.isInterrupted(kind)) return devices.renew(kind);
  const isOn = devices.isOn(kind);
  if (isOn) interruptions.forget(kind);
  await devices.turn(kind, !isOn);
}

/** @param {boolean} slept whether the page stood still, and the network's path may be another one now */
function woke(slept) {
  if (state !== "waiting" && state !== "admitted") return;
  if (slept) connection.restart();
  inside.woke();
  interruptions.woke();
}

function showSelf() {
  mirror(/** @type {HTMLMediaElement} */ (find("#self video")), devices.tracks.camera);
  find("#self [data-empty]").hidden = devices.isOn("camera");
}

function toggleInset() {
  const self = find("#self");
  self.classList.toggle("put-away");
  press("inset", !self.classList.contains("put-away"));
}

/**
 * @param {string} heading
 * @param {string} sentence
 * @param {string} way what the button says that leads back
 * @param {boolean} isFinal nothing but a fresh page leads back
 */
function end(heading, sentence, way, isFinal = false) {
  connection.setLive(false);
  connection.close();
  reach.forget();
  wakefulness.set(false);
  devices.stop();
  inside.end();
  configurations.close();
  find("#ended h1").textContent = heading;
  find("#ended p").textContent = sentence;
  find("#return").textContent = way;
  page.toggleAttribute("data-final", isFinal);
  showView("ended");
  announce(`${heading}. ${sentence}`);
}
