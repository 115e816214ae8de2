// <time datetime> in the viewer's zone and language.
import { localTime, zone } from "./zone.js";

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const styles = {
  short: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  long: { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZoneName: "short" },
  day: { weekday: "short", day: "numeric", month: "long" },
  date: { day: "numeric", month: "long", year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit" },
};

/** Under a day's heading a clock time is enough, unless it is another day here. @param {HTMLTimeElement} time */
function styleOf(time) {
  const day = /** @type {HTMLElement | null} */ (time.closest("[data-day]"))?.dataset.day;
  const style = time.dataset.style ?? "short";
  return style === "time" && day && day !== localDay(new Date(time.dateTime)) ? "short" : style;
}

/** @param {Date} time */
const localDay = (time) => localTime(time).slice(0, 10);

/**
 * Show every time below `root`.
 * @param {ParentNode} root
 */
export function showTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const time = /** @type {HTMLTimeElement} */ (element);
    const format = new Intl.DateTimeFormat(undefined, { ...styles[styleOf(time)], timeZone: zone });
    time.textContent = format.format(new Date(time.dateTime));
    time.title = time.dateTime;
  }
}
