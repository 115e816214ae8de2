// Short sentences over the bar of actions, one for each matter; screen readers hear each when it comes.
import { find } from "./dom.js";

/** Milliseconds for which a passing sentence stands. */
const reading = 8000;
/** @type {Map<string, string>} */
const told = new Map();
/** @type {Map<string, ReturnType<typeof setTimeout>>} */
const timers = new Map();

/**
 * @param {string} matter
 * @param {string} sentence nothing takes it away
 * @param {boolean} [passes] it goes by itself: the person need not do anything about it
 */
export function note(matter, sentence, passes = false) {
  clearTimeout(timers.get(matter));
  if (passes && sentence) timers.set(matter, setTimeout(() => note(matter, ""), reading));
  if ((told.get(matter) ?? "") === sentence) return;
  if (sentence === "") told.delete(matter);
  else told.set(matter, sentence);
  const root = find("#notices");
  const lines = new Map([...root.children].map((line) => [/** @type {HTMLElement} */ (line).dataset.matter, line]));
  for (const [known, line] of lines) if (!told.has(known ?? "")) line.remove();
  for (const [known, text] of told) {
    const line = lines.get(known) ?? document.createElement("p");
    /** @type {HTMLElement} */ (line).dataset.matter = known;
    if (line.textContent !== text) line.textContent = text;
    if (!line.isConnected) root.append(line);
  }
}
