// Which part of the page is shown, and what is said aloud.
import { find } from "./dom.js";

/** @typedef {"door" | "waiting" | "stage" | "ended"} View */

const headings = { door: "#door h1", waiting: "#waiting-room h1", stage: "#stage h1", ended: "#ended h1" };

/**
 * @param {View} view
 * @returns {boolean} whether another one was shown before
 */
export function showView(view) {
  const page = find("#visit");
  if (page.dataset.view === view) return false;
  const isFirst = page.dataset.view === "";
  page.dataset.view = view;
  find("#door").hidden = view !== "door";
  find("#live").hidden = view !== "waiting" && view !== "stage";
  find("#waiting-room").hidden = view !== "waiting";
  find("#stage").hidden = view !== "stage";
  find("#ended").hidden = view !== "ended";
  if (!isFirst) find(headings[view]).focus();
  return true;
}

/**
 * For screen readers; seen elsewhere. Lines are added and go again, so that two at once are both read.
 * @param {string} sentence
 */
export function announce(sentence) {
  const line = document.createElement("p");
  line.textContent = sentence;
  find("#announcements").append(line);
  setTimeout(() => line.remove(), 10_000);
}

/**
 * @param {"connecting" | "live" | "lost"} state
 */
export function showLine(state) {
  find("#visit").dataset.line = state;
  find("#lost").hidden = state !== "lost";
}
