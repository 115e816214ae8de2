// How a knock is heard and noticed: sound until somebody switches it off, notifications once somebody switches them on.
// Remembered in this browser, and honest about what the browser still waits for.
import { canPlay, play, prepare } from "./sounds.js";

const box = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (document.querySelector(`[data-knock-alert=${name}]`));
const dialog = () => /** @type {HTMLDialogElement} */ (document.getElementById("knock-alerts"));
const kept = (/** @type {string} */ name) => localStorage.getItem(`anteroom.knock-${name}`);
const isOn = (/** @type {string} */ name) => (name === "sound" ? kept(name) !== "off" : kept(name) === "on");

/** For so long no other tab of this browser plays or shows the same knock, in milliseconds. */
const TOGETHER = 3000;

/** Wire the dialog and whatever was switched on before. */
export function beginKnockAlerts() {
  document.querySelector("[data-knock-bell]")?.addEventListener("click", () => dialog().showModal());
  box("sound").addEventListener("change", () => switchSound(box("sound").checked));
  box("desktop").addEventListener("change", () => void switchDesktop(box("desktop").checked));
  document.querySelector("[data-knock-test]")?.addEventListener("click", test);
  for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, wakeSound, { capture: true });
  if (isOn("desktop") && desktopWords()) keep("desktop", false);
  wakeSound();
  showState();
}

/** @param {string} name @param {boolean} on */
function keep(name, on) {
  localStorage.setItem(`anteroom.knock-${name}`, on ? "on" : "off");
  showState();
}

function wakeSound() {
  if (isOn("sound") && !canPlay()) prepare(showState);
}

function showState() {
  for (const name of ["sound", "desktop"]) box(name).checked = isOn(name);
  const waits = isOn("sound") && !canPlay();
  say("sound", waits ? "The browser keeps this page silent until you click or press a key on it, after each reload." : "");
  say("desktop", desktopWords());
}

/** @param {string} name @param {string} words */
function say(name, words) {
  const line = /** @type {HTMLElement} */ (document.querySelector(`[data-knock-state=${name}]`));
  line.textContent = words;
  line.hidden = !words;
}

function desktopWords() {
  if (!("Notification" in window)) return "This browser shows none.";
  if (Notification.permission === "denied") return "The browser forbids them for this site; its site settings can allow them.";
  return "";
}

/** @param {boolean} on */
function switchSound(on) {
  keep("sound", on);
  if (on) test();
}

function test() {
  prepare(showState);
  if (canPlay()) play("knock");
  else setTimeout(() => play("knock"), 200);
}

/** @param {boolean} on */
async function switchDesktop(on) {
  keep("desktop", on && "Notification" in window && await Notification.requestPermission() === "granted");
}

/**
 * Told once in a browser, however many of its tabs are open.
 * @param {string[]} knocks  each by its admission and epoch
 */
export function alertOfKnocks(knocks) {
  const name = knocks.join();
  if (isOn("sound") && canPlay()) void inOneTab(`${name} sound`, () => play("knock"));
  if (isOn("desktop") && !(document.visibilityState === "visible" && document.hasFocus())) {
    void inOneTab(`${name} desktop`, () => notify(name));
  }
}

/** @param {string} name @param {() => void} act */
async function inOneTab(name, act) {
  if (!navigator.locks) return act();
  await navigator.locks.request(`knock ${name}`, { ifAvailable: true }, async (lock) => {
    if (lock === null) return;
    act();
    await new Promise((resolve) => setTimeout(resolve, TOGETHER));
  });
}

/** It names nobody, for it may show on a locked screen. @param {string} tag */
function notify(tag) {
  try {
    const shown = new Notification("Somebody is in your waiting room", { tag, icon: "/static/icon.svg" });
    shown.addEventListener("click", () => {
      window.focus();
      /** @type {HTMLElement | null} */ (document.querySelector("#knocks a"))?.focus();
      shown.close();
    });
  } catch {
    keep("desktop", false); // browsers of phones have the name and refuse the thing
  }
}
