// The door: see and hear yourself, confirm your name, go in.
import { find, play, say } from "./dom.js";
import { levelOf } from "./sound.js";

/** @typedef {import("./devices.js").Devices} Devices */

const names = { camera: "Camera", microphone: "Microphone" };
const remedies = {
  denied: "your browser keeps it from this page. Allow it in the address bar, beside the page's address, and reload.",
  system: "this computer or phone keeps it from the browser. Allow it in its privacy settings, then reload.",
  missing: "none was found. Plug one in and reload the page.",
  busy: "another program may be using it. Close that program and reload the page.",
  insecure: "browsers give it to pages with a secure address (https) only.",
};
const without = { camera: "Others will not see you.", microphone: "Others will not hear you." };

/**
 * What hinders a device, what to do about it and what it means; nothing if all is well.
 * @param {Devices} devices
 * @param {"camera" | "microphone"} kind
 */
export function problemOf(devices, kind) {
  const problem = devices.problems[kind];
  return problem ? `${names[kind]}: ${remedies[problem]} ${without[kind]}` : "";
}

/**
 * @param {Devices} devices
 * @param {(name: string) => Promise<void>} enter rejected with the reason, as a sentence
 */
export function openDoor(devices, enter) {
  const door = find("#door");
  const form = /** @type {HTMLFormElement} */ (find("form", door));
  const button = /** @type {HTMLButtonElement} */ (find("[data-testid=accept]", door));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    say(find("[data-error]", door), "");
    const name = String(new FormData(form).get("name"));
    await enter(name).catch((error) => say(find("[data-error]", door), error.message));
    button.disabled = false;
  });
  showLevel(door, devices);
}

/** @param {Devices} devices */
export function showDevices(devices) {
  const door = find("#door");
  const preview = /** @type {HTMLVideoElement} */ (find("video", door));
  play(preview, devices.tracks.camera).catch(() => {});
  find("[data-empty]", door).hidden = devices.isOn("camera");
  for (const kind of /** @type {("camera" | "microphone")[]} */ (["camera", "microphone"])) {
    say(find(`[data-problem=${kind}]`, door), problemOf(devices, kind));
  }
  const { camera, microphone } = devices.problems;
  say(find("[data-listen]", door), camera && microphone ? "You can go on and listen only." : "");
}

/**
 * For the host, who may know it.
 * @param {string[]} names
 */
export function showKnocks(names) {
  const is = names.length === 1 ? "is" : "are";
  say(find("#door [data-knocks]"), names.length ? `${names.join(", ")} ${is} in the waiting room.` : "");
}

/**
 * @param {HTMLElement} door
 * @param {Devices} devices
 */
function showLevel(door, devices) {
  const meter = /** @type {HTMLMeterElement} */ (find("meter", door));
  /** @type {MediaStreamTrack | null} */
  let heard = null;
  let level = () => 0;
  setInterval(() => {
    const track = devices.tracks.microphone;
    if (track !== heard) {
      level = track ? levelOf(track) : () => 0;
      heard = track;
    }
    if (!door.hidden) meter.value = level();
  }, 100);
}
