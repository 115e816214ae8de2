// The zone in which this person is told of times: the one of their profile, or the browser's.

/** @param {string | undefined} name */
function known(name) {
  try {
    return new Intl.DateTimeFormat(undefined, { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return "";  // an older browser may lack a newer zone
  }
}

/** An IANA name. */
export const zone = known(globalThis.document?.body?.dataset.timeZone || undefined) || known(undefined);

const parts = new Intl.DateTimeFormat("en-CA", {
  timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
});

/**
 * What the clock and the calendar of that zone show, as `<input type="datetime-local">` has it: 2030-01-31T09:30.
 * @param {Date} time
 */
export function localTime(time) {
  const shown = Object.fromEntries(parts.formatToParts(time).map((part) => [part.type, part.value]));
  return `${shown.year}-${shown.month}-${shown.day}T${shown.hour}:${shown.minute}`;
}
