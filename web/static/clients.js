// The Clients tab: finds while one types, and goes through the list by keys.
import { showTimes } from "./times.js";

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-client-search]"));
const search = /** @type {HTMLInputElement | null} */ (document.getElementById("search"));
const list = document.getElementById("client-list");
const pause = 150;

/** Fetch the list for what is typed; of several answers the last question's counts. */
let asked = 0;
async function find() {
  if (!form || !list) return;
  const mine = ++asked;
  const query = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  try {
    const answer = await fetch(`/clients/rows?${query}`);
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const html = await answer.text();
    if (mine !== asked) return;
    list.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    history.replaceState(null, "", `/clients?${query}`);
    nameList();
    showTimes(list);
  } catch {
    if (mine === asked) form.requestSubmit();
  }
}

let timer = 0;
if (form && search) {
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(find, pause);
  });
}
// A choice shows at once and in place, so whoever goes through a drop-down by its arrows stays there.
for (const choice of form?.querySelectorAll("select") ?? []) {
  choice.addEventListener("change", () => {
    clearTimeout(timer);
    void find();
  });
}

/** What the page says of the list beside the rows: its title; those who wait have one order only. */
function nameList() {
  const which = /** @type {HTMLSelectElement} */ (document.getElementById("list"));
  document.title = `${which.selectedOptions[0].text} clients · Anteroom`;
  for (const order of document.querySelectorAll("[data-order]")) {
    /** @type {HTMLElement} */ (order).hidden = which.value === "pending";
  }
}

/** @returns {HTMLElement[]} */
const rows = () => [...document.querySelectorAll("[data-row]")].map((row) => /** @type {HTMLElement} */ (row));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = /** @type {HTMLElement} */ (event.target);
  const typing = target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
  if (event.key === "/" && !typing && search) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (target === search || target.matches("[data-row]"))) {
    const all = rows();
    const next = all.indexOf(target) + (event.key === "ArrowDown" ? 1 : -1);
    const wanted = next < 0 ? search : all[next];
    if (wanted) {
      event.preventDefault();
      wanted.focus();
    }
  }
});

// A long list of practitioners becomes shorter while one types. Those who are chosen stay.
const narrow = /** @type {HTMLElement | null} */ (document.querySelector("[data-narrow]"));
if (narrow) {
  narrow.hidden = false;
  const typed = /** @type {HTMLInputElement} */ (narrow.querySelector("input"));
  typed.addEventListener("input", () => {
    const wanted = typed.value.trim().toLowerCase();
    for (const one of document.querySelectorAll(".practitioner")) {
      const shown = /** @type {HTMLElement} */ (one);
      const chosen = shown.querySelector(":checked:not([value=''])") !== null;
      shown.hidden = !chosen && !(shown.dataset.name ?? "").includes(wanted);
    }
  });
  typed.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}
