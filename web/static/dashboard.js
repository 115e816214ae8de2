// A person's own page: its live part is fetched again whenever the socket says that something changed.
import { showAges } from "./ages.js";
import { send } from "./decide.js";
import { fetchPart, listen, stateLine } from "./live_socket.js";
import { showTimes } from "./times.js";

const live = /** @type {HTMLElement} */ (document.getElementById("live"));
const announcer = /** @type {HTMLElement} */ (document.getElementById("announcer"));
const title = document.title;

async function load() {
  const { html, good } = await fetchPart("/dashboard/live");
  if (html !== null) show(html);
  return good;
}

/** @param {string} html  the fresh live part */
function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const typed = keepTyped();
  const knocks = knocked(live);
  live.replaceChildren(template.content);
  typed();
  showTimes(live);
  showAges();
  announceKnocks(knocks);
  wakeAtOpening();
}

/** What is being typed must outlive a change elsewhere on the page. @returns {() => void} puts it back */
function keepTyped() {
  const kept = Array.from(live.querySelectorAll("textarea"), (field) => /** @type {const} */ ([field.id, field.value]));
  const focused = document.activeElement?.id;
  return () => {
    for (const [id, value] of kept) {
      const field = /** @type {HTMLTextAreaElement | null} */ (document.getElementById(id));
      if (field) field.value = value;
    }
    if (focused) document.getElementById(focused)?.focus();
  };
}

/** @param {ParentNode} root */
const knocked = (root) => Array.from(root.querySelectorAll(".knock"), (line) => line.textContent).join();

/** @param {string} before */
function announceKnocks(before) {
  const now = knocked(live);
  document.title = now ? `Knock · ${title}` : title;
  if (now && now !== before) announcer.textContent = now;
}

let opening = 0;
/** Join turns active without a reload. */
function wakeAtOpening() {
  clearTimeout(opening);
  const waits = Array.from(live.querySelectorAll("[data-opens-in]"),
    (session) => Number(/** @type {HTMLElement} */ (session).dataset.opensIn));
  const soonest = Math.min(...waits);
  if (soonest < 24 * 3600) opening = setTimeout(refresh, soonest * 1000 + 200);
}

live.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.hasAttribute("data-decide")) return;
  event.preventDefault();
  if (await send(form, /** @type {HTMLButtonElement} */ (event.submitter))) void refresh();
});

const refresh = listen({
  events: { "dashboard.changed": () => refresh() },
  load,
  state: stateLine(/** @type {HTMLElement} */ (document.getElementById("state"))),
});
wakeAtOpening();
