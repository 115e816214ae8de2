// <time datetime> in the viewer's zone and language.

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const styles = {
  short: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  long: { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZoneName: "short" },
  day: { weekday: "short", day: "numeric", month: "long" },
  date: { day: "numeric", month: "long", year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit" },
};

/**
 * Show every time below `root`.
 * @param {ParentNode} root
 */
export function showTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const time = /** @type {HTMLTimeElement} */ (element);
    const format = new Intl.DateTimeFormat(undefined, styles[time.dataset.style ?? "short"]);
    time.textContent = format.format(new Date(time.dateTime));
    time.title = time.dateTime;
  }
}
