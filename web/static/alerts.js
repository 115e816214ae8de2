// Sound and desktop notifications: off until somebody switches them on, remembered in this browser, and honest about what
// the browser still waits for.
import { assignLink } from "./rows.js";
import { canPlay, play, prepare } from "./sounds.js";

/** @param {string} name */
const isOn = (name) => localStorage.getItem(`anteroom.${name}`) === "on";

/** @param {string} name */
const box = (name) => /** @type {HTMLInputElement} */ (document.querySelector(`[data-alert=${name}]`));

/** @param {string} name @param {string} words */
function say(name, words) {
  const line = /** @type {HTMLElement} */ (document.querySelector(`[data-state-of=${name}]`));
  line.textContent = words;
  line.hidden = !words;
}

function showState() {
  const waits = isOn("sound") && !canPlay();
  say("sound", waits ? "The browser keeps this page silent until you click or press a key on it, after each reload." : "");
  say("desktop", desktopWords());
  const short = [isOn("sound") && (waits ? "sound waits for a click" : "sound on"), isOn("desktop") && "desktop on"];
  const told = short.filter(Boolean).join(", ");
  /** @type {HTMLElement} */ (document.querySelector("[data-alerts-state]")).textContent = told && `(${told})`;
}

function desktopWords() {
  if (!("Notification" in window)) return "This browser shows none.";
  if (Notification.permission === "denied") return "The browser forbids them for this site; its site settings can allow them.";
  return "";
}

/** @param {string} name @param {boolean} on */
function remember(name, on) {
  localStorage.setItem(`anteroom.${name}`, on ? "on" : "off");
  box(name).checked = on;
  showState();
}

function wakeSound() {
  if (isOn("sound") && !canPlay()) prepare(showState);
}

/** Wire the dialog, and whatever was switched on before. */
export function beginAlerts() {
  for (const name of ["sound", "desktop"]) box(name).checked = isOn(name);
  box("sound").addEventListener("change", (event) => switchSound(/** @type {HTMLInputElement} */ (event.target).checked));
  box("desktop").addEventListener("change", (event) => void switchDesktop(/** @type {HTMLInputElement} */ (event.target).checked));
  document.querySelector("[data-test-sound]")?.addEventListener("click", test);
  for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, wakeSound, { capture: true });
  if (isOn("desktop") && desktopWords()) remember("desktop", false);
  wakeSound();
  showState();
}

/** Enabling is heard at once, so that nobody finds out later that the loudspeaker is off. @param {boolean} on */
function switchSound(on) {
  if (on) test();
  remember("sound", on);
}

function test() {
  prepare(showState);
  const ready = () => {
    play("fresh");
    play("red", 0.8);
  };
  if (canPlay()) ready();
  else setTimeout(ready, 200);
}

/** @param {boolean} on */
async function switchDesktop(on) {
  const allowed = on && "Notification" in window && await Notification.requestPermission() === "granted";
  remember("desktop", allowed);
}

/**
 * Sound always; a notification only while somebody looks elsewhere. It names no person, for it may show on a locked screen.
 * @param {"fresh" | "red"} kind
 * @param {HTMLElement[]} rows
 */
export function alertOf(kind, rows) {
  if (!rows.length) return;
  if (isOn("sound")) play(kind);
  if (!isOn("desktop") || (document.visibilityState === "visible" && document.hasFocus())) return;
  for (const row of rows) notify(kind, row);
}

/** @param {"fresh" | "red"} kind @param {HTMLElement} row */
function notify(kind, row) {
  const words = kind === "fresh" ? `New request ${row.dataset.number}` : `Request ${row.dataset.number} is overdue`;
  const body = row.querySelector("[data-label='Host Group']")?.textContent ?? "";
  try {
    const shown = new Notification(words, { body, tag: `${row.dataset.id} ${kind}`, icon: "/static/icon.svg" });
    shown.addEventListener("click", () => {
      window.focus();
      assignLink(row)?.focus();
      shown.close();
    });
  } catch {
    remember("desktop", false); // browsers of phones have the name and refuse the thing
  }
}
