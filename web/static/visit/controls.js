// The bar of actions, each with a name, a key and a state that a screen reader tells.
import { find } from "./dom.js";

const kept = "visit-keys";

/**
 * @param {Record<string, () => void>} actions by the buttons' data-action
 */
export function bindControls(actions) {
  /** @type {NodeListOf<HTMLButtonElement>} */
  const buttons = document.querySelectorAll("#controls [data-action]");
  const keys = /** @type {HTMLInputElement} */ (find("#keys"));
  keys.checked = localStorage.getItem(kept) !== "off";
  keys.addEventListener("change", () => localStorage.setItem(kept, keys.checked ? "on" : "off"));
  for (const button of buttons) button.addEventListener("click", () => actions[button.dataset.action ?? ""]?.());
  find("#leaving [data-leave]").addEventListener("click", () => actions.leave?.());
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !keysAreOn()) return;
    if (document.querySelector("dialog[open]")) return;
    const button = [...buttons].find((each) => each.getAttribute("aria-keyshortcuts") === event.key.toLowerCase());
    if (!button || button.hidden || button.disabled || find("#live").hidden) return;
    event.preventDefault();
    // One key pressed by mistake puts nobody out: they would have to knock again.
    if (button.dataset.action === "leave") ask();
    else button.click();
  });
}

/** Whether to leave. */
function ask() {
  const dialog = /** @type {HTMLDialogElement} */ (find("#leaving"));
  dialog.showModal();
}

/**
 * @param {string} action
 * @param {boolean} pressed
 */
export function press(action, pressed) {
  find(`#controls [data-action=${action}]`).setAttribute("aria-pressed", String(pressed));
}

/**
 * @param {string} action
 * @param {boolean} offered
 */
export function offer(action, offered) {
  find(`#controls [data-action=${action}]`).hidden = !offered;
}

/** Keys of one letter can be switched off, for those whose voice or hand presses them unmeant (WCAG 2.1.4). */
function keysAreOn() {
  return /** @type {HTMLInputElement} */ (find("#keys")).checked;
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.matches("input:not([type=checkbox]), textarea, select");
}
