// The board's page: what a scheduler watches all day. Rows follow the socket, the Assign dialog decides.
import { alertOf, beginAlerts } from "./alerts.js";
import { assignDialog } from "./assign.js";
import { beginDeciding, forgetTold, setAllDeciding, setDeciding, showAllDeciding, showDeciding } from "./deciding.js";
import { beginFigures } from "./figures.js";
import { letFilter, openFilter } from "./filter.js";
import { currentRow, goTo, listenToKeys } from "./keys.js";
import { announce, stateLine } from "./live_socket.js";
import { watchQueue } from "./queue.js";
import { assignLink, rowOf } from "./rows.js";

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const today = /** @type {HTMLDetailsElement} */ (element("today"));
const assign = assignDialog({ refresh: () => refresh(), toast });

/** @param {HTMLElement} row */
const requester = (row) => row.querySelector("[data-label=Requestor]")?.textContent;

/** @param {HTMLElement[]} fresh @param {HTMLElement[]} red */
function news(fresh, red) {
  const say = (/** @type {string} */ text) => announce(element("announcer"), text);
  if (fresh.length === 1) say(`New request from ${requester(fresh[0])}`);
  else if (fresh.length) say(`${fresh.length} new requests`);
  if (red.length === 1) say(`Request ${red[0].dataset.number} from ${requester(red[0])} is overdue`);
  else if (red.length) say(`${red.length} requests are overdue`);
  alertOf("fresh", fresh);
  alertOf("red", red);
}

/** @param {ParentNode | null} snapshot @param {string | null} id */
function changed(snapshot, id) {
  if (snapshot) readDeciding(snapshot);
  if (id) showDeciding(id);
  freeze((id && rowOf(id)) || document);
  assign.changed(id);
  renewFigures();
}

/** @param {ParentNode} snapshot */
function readDeciding(snapshot) {
  setAllDeciding(JSON.parse(/** @type {HTMLElement} */ (snapshot.querySelector("#rows")).dataset.names ?? "{}"));
  showAllDeciding();
}

/** Decisions wait while the board is stale; the state line says why. @param {ParentNode} part */
function freeze(part) {
  const stale = document.body.dataset.state !== "live";
  for (const link of part.querySelectorAll("a[data-assign]")) {
    if (stale) link.setAttribute("aria-disabled", "true");
    else link.removeAttribute("aria-disabled");
    if (stale) link.setAttribute("aria-describedby", "state");
    else link.removeAttribute("aria-describedby");
  }
}

let toasted = 0;
/** @param {string} text */
function toast(text) {
  const line = element("toast");
  line.textContent = text;
  line.hidden = false;
  clearTimeout(toasted);
  toasted = setTimeout(() => { line.hidden = true; }, 6000);
}

const tellState = stateLine(element("state"));
/** @param {string} name */
function state(name) {
  tellState(name);
  freeze(document);
  assign.tell();
}

/** @param {boolean} decline */
function openCurrent(decline) {
  const link = assignLink(currentRow() ?? null);
  if (link) void assign.open(link, decline);
  else toast("Go to a request first, with j or k.");
}

/** @param {string} id */
const show = (id) => /** @type {HTMLDialogElement} */ (element(id)).showModal();

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const link = /** @type {HTMLAnchorElement | null} */ (target.closest("a[data-assign]"));
  if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    void assign.open(link);
  }
  const opens = target.closest("[data-opens]")?.getAttribute("data-opens");
  if (opens) show(opens);
  if (target.closest("[data-close]")) {
    event.preventDefault();
    target.closest("dialog")?.close();
  }
});

listenToKeys({
  j: () => goTo(1), k: () => goTo(-1), d: () => openCurrent(true), f: openFilter, "?": () => show("keys"),
});

beginDeciding(/** @type {HTMLElement} */ (document.querySelector("[data-me]")).dataset.me ?? "");
readDeciding(document);
beginAlerts();
const renewFigures = beginFigures(() => today.open);
today.addEventListener("toggle", renewFigures);
const refresh = watchQueue({
  path: "/board/rows", asking: forgetTold, state, changed, news,
  events: {
    "request.deciding": ({ id, names }) => { setDeciding(id, names); assign.tell(); },
    "providers.changed": ({ clinic }) => assign.providersChanged(clinic),
  },
});
letFilter(refresh, toast);
freeze(document);
