// Small helpers of the view modules.
import { route } from "./speaker.js";

/**
 * @param {string} selector
 * @param {ParentNode} root
 * @returns {HTMLElement}
 */
export function find(selector, root = document) {
  const element = root.querySelector(selector);
  if (!(element instanceof HTMLElement)) throw new Error(`the page lacks ${selector}`);
  return element;
}

/**
 * @param {string} name of a <template>
 * @returns {HTMLElement} a copy of its only element
 */
export function make(name) {
  const template = /** @type {HTMLTemplateElement} */ (find(`template#${name}`));
  return /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
}

/**
 * @param {HTMLElement} element
 * @param {string} text nothing hides it
 */
export function say(element, text) {
  element.textContent = text;
  element.hidden = text === "";
}

/**
 * Show somebody their own camera: as in a mirror, but for one that looks away from them, so that writing can be read.
 * @param {HTMLMediaElement} video
 * @param {MediaStreamTrack | null} camera
 */
export function mirror(video, camera) {
  video.classList.toggle("mirrored", camera?.getSettings().facingMode !== "environment");
  play(video, camera).catch(() => {});
}

/**
 * Show tracks in a media element, and only touch it when they are other ones than before.
 * @param {HTMLMediaElement} element
 * @param {MediaStreamTrack | null} track
 * @returns {Promise<void>} rejected when the browser wants a gesture first
 */
export async function play(element, track) {
  const shown = /** @type {MediaStream | null} */ (element.srcObject)?.getTracks()[0] ?? null;
  if (shown === track) return;
  element.srcObject = track && new MediaStream([track]);
  if (track?.kind === "audio") route(element);
  if (track) await element.play().catch((error) => { if (error.name === "NotAllowedError") throw error; });
}
