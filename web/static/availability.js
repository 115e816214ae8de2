// A host's week: slots are drawn, moved, stretched and removed with the mouse. The forms of the page do the same, and
// are all there is without script. Times are clock times of the host's zone, so they are never converted here.
import { listen, stateLine } from "./live_socket.js";

/**
 * @typedef {{id: string, kind: string, starts: string, ends: string}} Slot
 * @typedef {{title: string, starts: string, ends: string}} Busy
 * @typedef {{id: string, start: Date, end: Date, extendedProps: {slot: Slot}}} CalendarEvent
 * @typedef {{event: CalendarEvent, revert: () => void}} Change
 */
const { EventCalendar } = /** @type {any} */ (window);
const drawing = /** @type {HTMLElement} */ (document.getElementById("drawing"));
const lists = /** @type {HTMLElement} */ (document.getElementById("lists"));
const toast = /** @type {HTMLElement} */ (document.getElementById("toast"));
const own = drawing.dataset.own === "yes";
const host = own ? "" : `host=${drawing.dataset.host}`;
const narrow = matchMedia("(max-width: 40rem)");
const titles = /** @type {Record<string, string>} */ ({ weekly: "Every week", open: "Only this day", closed: "Closed" });

drawing.hidden = false;
const calendar = EventCalendar.create(document.getElementById("calendar"), {
  view: narrow.matches ? "timeGridDay" : "timeGridWeek",
  date: drawing.dataset.today,
  firstDay: 1,
  allDaySlot: false,
  scrollTime: "07:00:00",
  slotDuration: "00:30:00",
  snapDuration: "00:15:00",
  slotLabelFormat: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  eventTimeFormat: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
  headerToolbar: { start: "prev,next today", center: "title", end: "" },
  buttonText: { today: "Today", prev: "Earlier", next: "Later" },
  longPressDelay: 400,
  selectable: own,
  editable: own,
  eventResizableFromStart: true,
  selectBackgroundColor: "#0f6e6366",
  eventSources: [{ events: drawn }],
  select: add,
  eventDrop: move,
  eventResize: move,
  eventClick: (/** @type {{event: CalendarEvent}} */ { event }) => edit(event),
});
// It calls itself a table without being one, and what is booked a button, though nothing comes of pressing it. It is a drawing;
// the lists below say the same, row by row.
const STRUCTURE = ["table", "rowgroup", "row", "columnheader", "rowheader", "cell"];
function mend() {
  for (const part of drawing.querySelectorAll("[role]")) {
    if (!STRUCTURE.includes(part.getAttribute("role") ?? "")) continue;
    for (const name of part.getAttributeNames()) if (/^role$|^aria-(col|row)/.test(name)) part.removeAttribute(name);
  }
  for (const busy of drawing.querySelectorAll(".slot-busy[role]")) for (const name of ["role", "tabindex"]) busy.removeAttribute(name);
  const scrolled = /** @type {HTMLElement | null} */ (drawing.querySelector(".ec-main"));
  if (!scrolled || scrolled.tabIndex === 0) return;
  scrolled.tabIndex = 0;
  scrolled.setAttribute("aria-label", "Hours of the day");
}
new MutationObserver(mend).observe(drawing, { subtree: true, childList: true, attributeFilter: ["role"] });
mend();
narrow.addEventListener("change", () => calendar.setOption("view", narrow.matches ? "timeGridDay" : "timeGridWeek"));

/** @param {{startStr: string, endStr: string}} view */
async function drawn(view) {
  const [from, until] = [view.startStr.slice(0, 10), view.endStr.slice(0, 10)];
  const response = await fetch(`/availability/week?from=${from}&until=${until}&${host}`).catch(() => null);
  if (!response?.ok) return say("The week cannot be shown just now."), [];
  /** @type {{hours: Slot[], busy: Busy[]}} */
  const week = await response.json();
  return [...week.hours.map(slotEvent), ...week.busy.map(busyEvent)];
}

/** @param {Slot} slot */
const slotEvent = (slot) => ({
  id: `${slot.id} ${slot.starts}`, start: slot.starts, end: slot.ends, title: titles[slot.kind],
  classNames: [`slot-${slot.kind}`], extendedProps: { slot },
});

/** @param {Busy} busy @param {number} number */
const busyEvent = (busy, number) => ({
  id: `busy ${number}`, start: busy.starts, end: busy.ends, title: `Booked: ${busy.title}`,
  classNames: ["slot-busy"], editable: false, startEditable: false, durationEditable: false,
});

/** A stretch that was drawn; past midnight it is one slot for each day. @param {{start: Date, end: Date}} range */
async function add({ start, end }) {
  calendar.unselect();
  const chosen = /** @type {HTMLInputElement} */ (drawing.querySelector("input[name=draw]:checked"));
  for (const part of daily(start, end)) {
    const { problem } = await send("/availability/hours", fieldsOf(chosen.value, part.start, part.end));
    if (problem) say(problem);
  }
  await changed();
}

/** @param {Date} start @param {Date} end */
function daily(start, end) {
  const parts = [];
  for (let begin = start; begin < end;) {
    const next = new Date(begin.getFullYear(), begin.getMonth(), begin.getDate() + 1);
    parts.push({ start: begin, end: end < next ? end : next });
    begin = next;
  }
  return parts;
}

/** @param {Change} change */
async function move({ event, revert }) {
  const { start, end, extendedProps: { slot } } = event;
  const fields = fieldsOf(slot.kind, start, end);
  const problem = daily(start, end).length > 1
    ? "One entry ends at midnight at the latest. Draw another for the next day."
    : (await send(`/availability/hours/${slot.id}`, fields)).problem;
  if (problem) {
    revert();
    say(problem);
  } else await changed();
}

/** @param {string} kind @param {Date} start @param {Date} end */
const fieldsOf = (kind, start, end) => ({
  kind, weekday: String(start.getDay() || 7), day: dayOf(start), starts: timeOf(start), ends: timeOf(end),
});
/** @param {number} number */
const two = (number) => String(number).padStart(2, "0");
/** @param {Date} time */
const dayOf = (time) => `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
/** @param {Date} time */
const timeOf = (time) => `${two(time.getHours())}:${two(time.getMinutes())}`;

/**
 * Post; `problem` is what to tell if it was refused.
 * @param {string} path @param {Record<string, string>} fields
 * @returns {Promise<{problem?: string, answer?: any}>}
 */
async function send(path, fields) {
  try {
    const response = await fetch(path, {
      method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" },
    });
    const answer = await response.json();
    return response.ok ? { answer } : { problem: answer.message };
  } catch {
    return { problem: "The clinic cannot be reached just now. Please try again." };
  }
}

let shown = "";
/** The calendar and the lists say what is stored. @returns {Promise<boolean>} whether they could be fetched */
async function changed() {
  calendar.refetchEvents();
  const response = await fetch(`/availability/lists?${host}`).catch(() => null);
  if (!response?.ok) return false;
  const html = await response.text();
  if (html !== shown) lists.innerHTML = shown = html;
  return true;
}

let quiet = 0;
/** @param {string} text @param {Record<string, string>} [undo]  what to add again */
function say(text, undo) {
  const [line, button] = /** @type {any} */ (toast.children);
  line.textContent = text;
  button.hidden = !undo;
  button.onclick = async () => {
    toast.hidden = true;
    const { problem } = await send("/availability/hours", undo ?? {});
    if (problem) say(problem);
    await changed();
  };
  toast.hidden = false;
  clearTimeout(quiet);
  quiet = setTimeout(() => { toast.hidden = true; }, 15_000);
}

/** @param {CalendarEvent} event */
function edit(event) {
  const slot = event.extendedProps.slot;
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("edit"));
  if (!dialog || !slot) return;
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  const day = event.start.toLocaleDateString(undefined, slot.kind === "weekly" ? { weekday: "long" } : { dateStyle: "full" });
  /** @type {HTMLElement} */ (form.querySelector("#edit-about")).textContent = `${titles[slot.kind]}: ${day}`;
  const [starts, ends] = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("input"));
  [starts.value, ends.value] = [timeOf(event.start), timeOf(event.end)];
  const error = /** @type {HTMLElement} */ (form.querySelector("[data-error]"));
  error.hidden = true;
  form.onsubmit = async (submit) => {
    submit.preventDefault();
    const { value } = /** @type {HTMLButtonElement} */ (submit.submitter);
    if (value === "cancel") return dialog.close();
    const { problem, answer } = value === "remove"
      ? await send(`/availability/hours/${slot.id}/remove`, {})
      : await send(`/availability/hours/${slot.id}`, { ...fieldsOf(slot.kind, event.start, event.end), starts: starts.value, ends: ends.value });
    if (problem) {
      error.textContent = problem;
      error.hidden = false;
      return;
    }
    dialog.close();
    if (value === "remove") say("Removed.", answer.removed);
    await changed();
  };
  dialog.showModal();
}

// "The whole day" needs no times.
for (const box of document.querySelectorAll("[data-whole-day]")) {
  const whole = /** @type {HTMLInputElement} */ (box);
  const span = /** @type {HTMLElement} */ (whole.form?.querySelector("[data-span]"));
  const show = () => {
    span.hidden = whole.checked;
    for (const field of span.querySelectorAll("input")) field.required = !whole.checked;
  };
  whole.addEventListener("change", show);
  show();
}

// The socket says when something changed elsewhere, and that this person is here.
const refresh = listen({
  events: { "dashboard.changed": () => refresh() },
  load: changed,
  state: stateLine(/** @type {HTMLElement} */ (document.getElementById("state"))),
});
