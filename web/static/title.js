// The tab's title: what the page says of itself, and before it whoever waits at the host's doors and how many messages do.

/** As the server rendered it. */
export const rendered = document.title;
let own = rendered;
let waiting = 0;
let letters = "";

function show() {
  const whole = (waiting ? `Knock (${waiting}) · ` : "") + (letters ? `(${letters}) ` : "") + own;
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

/** @param {string} number  of unread messages; empty: none */
export function unread(number) {
  letters = number;
  show();
}
