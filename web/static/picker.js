// Free times by day in the viewer's zone, picked in the order in which one likes them. The three selects below stay what is
// sent: this shows them in another way.
import { zone } from "./zone.js";

const days = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", timeZone: zone });
const hours = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", timeZone: zone });
const whole = new Intl.DateTimeFormat(undefined, {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: zone,
});

/** The day that is open; kept while times are fetched anew. */
let open = "";

/** Show the picker for the selects that are on the page; nothing where there are none. */
export function showPicker() {
  const picker = document.getElementById("picker");
  const selects = Array.from(document.querySelectorAll("#free-times select"), (one) => /** @type {HTMLSelectElement} */ (one));
  if (!picker || !selects.length) return;
  picker.hidden = false;
  for (const choice of document.querySelectorAll("#free-times [data-choice]")) /** @type {HTMLElement} */ (choice).hidden = true;
  const byDay = groupByDay(selects[0]);
  if (!byDay.has(open)) open = byDay.keys().next().value ?? "";
  const draw = () => {
    drawDays(picker, byDay, draw);
    drawTimes(picker, byDay.get(open) ?? [], selects, draw);
    drawChosen(picker, selects, draw);
  };
  draw();
}

/**
 * @param {HTMLSelectElement} select
 * @returns {Map<string, string[]>} the instants of each local day
 */
function groupByDay(select) {
  /** @type {Map<string, string[]>} */
  const byDay = new Map();
  for (const option of select.querySelectorAll("option[data-free]")) {
    const value = /** @type {HTMLOptionElement} */ (option).value;
    const day = days.format(new Date(value));
    byDay.set(day, [...(byDay.get(day) ?? []), value]);
  }
  return byDay;
}

/**
 * @param {HTMLElement} picker
 * @param {Map<string, string[]>} byDay
 * @param {() => void} draw
 */
function drawDays(picker, byDay, draw) {
  const buttons = Array.from(byDay, ([day]) => {
    const button = copy("day-template");
    button.textContent = day;
    press(button, day === open);
    button.addEventListener("click", () => { open = day; draw(); focusOn(picker, "[data-days]", day); });
    return button;
  });
  part(picker, "days").replaceChildren(...buttons);
}

/**
 * @param {HTMLElement} picker
 * @param {string[]} times
 * @param {HTMLSelectElement[]} selects
 * @param {() => void} draw
 */
function drawTimes(picker, times, selects, draw) {
  const chosen = selects.map((select) => select.value);
  const buttons = times.map((time) => {
    const button = copy("time-template");
    const label = hours.format(new Date(time));
    button.textContent = label;
    press(button, chosen.includes(time));
    button.addEventListener("click", () => {
      const now = selects.map((select) => select.value).filter(Boolean);
      if (now.includes(time)) choose(selects, now.filter((one) => one !== time));
      else if (now.length < selects.length) choose(selects, [...now, time]);
      else part(picker, "said").textContent = "You have chosen three times. Remove one to choose another.";
      draw();
      focusOn(picker, "[data-times]", label);
    });
    return button;
  });
  part(picker, "times").replaceChildren(...buttons);
}

/**
 * @param {HTMLElement} picker
 * @param {HTMLSelectElement[]} selects
 * @param {() => void} draw
 */
function drawChosen(picker, selects, draw) {
  const chosen = selects.map((select) => select.value).filter(Boolean);
  const lines = chosen.map((time, rank) => {
    const line = copy("chosen-template");
    const label = whole.format(new Date(time));
    /** @type {HTMLElement} */ (line.querySelector("span")).textContent = label;
    const up = /** @type {HTMLButtonElement} */ (line.querySelector("[data-up]"));
    const remove = /** @type {HTMLButtonElement} */ (line.querySelector("[data-remove]"));
    up.hidden = rank === 0;
    up.setAttribute("aria-label", `Move ${label} up`);
    remove.setAttribute("aria-label", `Remove ${label}`);
    up.addEventListener("click", () => {
      choose(selects, chosen.toSpliced(rank, 1).toSpliced(rank - 1, 0, time));
      draw();
      part(picker, "chosen").querySelectorAll("button")[0]?.focus();
    });
    remove.addEventListener("click", () => {
      choose(selects, chosen.filter((one) => one !== time));
      draw();
      (part(picker, "chosen").querySelector("button") ?? part(picker, "days").querySelector("button"))?.focus();
    });
    return line;
  });
  part(picker, "chosen").replaceChildren(...lines);
  part(picker, "none").hidden = chosen.length > 0;
  const said = chosen.length === 1 ? "1 time is chosen." : `${chosen.length} times are chosen.`;
  if (chosen.length < selects.length) part(picker, "said").textContent = said;
}

/**
 * Put the chosen instants into the selects, best first. One that is not free any more stays as an option of its own.
 * @param {HTMLSelectElement[]} selects
 * @param {string[]} chosen
 */
function choose(selects, chosen) {
  selects.forEach((select, rank) => {
    const value = chosen[rank] ?? "";
    if (!Array.from(select.options).some((option) => option.value === value)) {
      select.add(new Option(whole.format(new Date(value)), value));
    }
    select.value = value;
  });
}

/**
 * @param {Element} button
 * @param {boolean} pressed
 */
function press(button, pressed) {
  button.setAttribute("aria-pressed", String(pressed));
  button.classList.toggle("btn-primary", pressed);
}

/**
 * @param {string} id
 * @returns {HTMLElement} a fresh copy of what the template holds
 */
function copy(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
}

/**
 * @param {HTMLElement} picker
 * @param {string} name
 * @returns {HTMLElement}
 */
function part(picker, name) {
  return /** @type {HTMLElement} */ (picker.querySelector(`[data-${name}]`));
}

/**
 * Drawing anew takes the focus away; give it back to the button that says the same.
 * @param {HTMLElement} picker
 * @param {string} where
 * @param {string} label
 */
function focusOn(picker, where, label) {
  const buttons = Array.from(picker.querySelectorAll(`${where} button`));
  /** @type {HTMLElement | undefined} */ (buttons.find((button) => button.textContent === label))?.focus();
}
