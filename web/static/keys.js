// Single keys for those who decide all day. They can be turned off (WCAG 2.1.4) and never act while somebody types or a
// dialog is open.
import { assignLink, rowsPending } from "./rows.js";

const SETTING = "anteroom.single-keys";
const areOn = () => localStorage.getItem(SETTING) !== "off";

/**
 * @param {Record<string, () => void>} commands  key -> what it does
 */
export function listenToKeys(commands) {
  const box = /** @type {HTMLInputElement} */ (document.querySelector("[data-single-keys]"));
  box.checked = areOn();
  box.addEventListener("change", () => localStorage.setItem(SETTING, box.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    const command = Object.hasOwn(commands, event.key) ? commands[event.key] : null;
    if (!command || !areOn() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isBusy()) return;
    event.preventDefault();
    command();
  });
}

const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

/** @param {EventTarget | null} target */
const isTyping = (target) => target instanceof Element && target.matches(TYPING);

const isBusy = () => document.querySelector("dialog[open]") !== null;

/** @returns {HTMLTableRowElement | undefined} the row that has the focus */
export const currentRow = () => rowsPending().find((row) => row.contains(document.activeElement));

/** @param {1 | -1} step  to the next row or the one before; to the first if none has the focus */
export function goTo(step) {
  const rows = rowsPending();
  const now = currentRow();
  const at = now ? rows.indexOf(now) + step : 0;
  const row = rows[Math.min(Math.max(at, 0), rows.length - 1)];
  assignLink(row ?? null)?.focus();
  row?.scrollIntoView({ block: "nearest" });
}
