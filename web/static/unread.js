// How many messages wait, told by the navigation of every page and by the tab's title.
import { fetchJson, listen } from "./live_socket.js";
import { unread } from "./title.js";

const MOST = 99;

async function load() {
  const told = /** @type {{unread: number} | null} */ (await fetchJson("/messages/unread"));
  if (told) show(told.unread > MOST ? `${MOST}+` : told.unread ? String(told.unread) : "");
  return told !== null;
}

/** @param {string} number  empty: none */
function show(number) {
  unread(number);
  const mark = /** @type {HTMLElement | null} */ (document.querySelector("[data-unread-total]"));
  if (!mark) return;
  mark.hidden = !number;
  mark.textContent = number;
  const said = document.createElement("span");
  said.className = "visually-hidden";
  said.textContent = " unread";
  if (number) mark.append(said);
}

const refresh = listen({ events: { "messages.changed": () => refresh() }, load, state: () => {}, aside: true });
