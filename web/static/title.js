// The tab's title: what the page says of itself, and before it whoever waits at the host's doors.

/** As the server rendered it. */
export const rendered = document.title;
let own = rendered;
let waiting = 0;

function show() {
  const whole = waiting ? `Knock (${waiting}) · ${own}` : own;
  if (document.title !== whole) document.title = whole;
}

/** @param {string} text  what the page says of itself */
export function titled(text) {
  own = text;
  show();
}

/** @param {number} people  who wait */
export function knocked(people) {
  waiting = people;
  show();
}
