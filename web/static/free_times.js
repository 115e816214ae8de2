// A clinic's public page: its times by the days of the visitor's own zone, looked up again while the page is open.
import { zone } from "./zone.js";

const times = document.getElementById("times");
const dayOf = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", timeZone: zone });
const clockOf = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", timeZone: zone });

/** Sort the times into the visitor's days; the first day's section is the pattern for all. @param {ParentNode} root */
function localize(root) {
  for (const name of root.querySelectorAll("[data-zone]")) name.textContent = zone.replaceAll("_", " ");
  const days = root.querySelector("[data-days]");
  const pattern = days?.firstElementChild?.cloneNode(true);
  if (!days || !pattern) return;
  /** @type {Map<string, HTMLElement>} */
  const sections = new Map();
  for (const link of /** @type {NodeListOf<HTMLElement>} */ (days.querySelectorAll("[data-starts]"))) {
    const starts = new Date(link.dataset.starts ?? "");
    const name = dayOf.format(starts);
    if (!sections.has(name)) sections.set(name, sectionOf(pattern, name));
    link.textContent = clockOf.format(starts);
    sections.get(name)?.querySelector("ul")?.append(/** @type {Node} */ (link.parentElement));
  }
  days.replaceChildren(...sections.values());
}

/** @param {Node} pattern @param {string} name */
function sectionOf(pattern, name) {
  const section = /** @type {HTMLElement} */ (pattern.cloneNode(true));
  /** @type {HTMLElement} */ (section.querySelector("h3")).textContent = name;
  /** @type {HTMLElement} */ (section.querySelector("ul")).replaceChildren();
  return section;
}

let last = "";
/** Times come and go: look again, and change the page only if something did. */
async function lookAgain() {
  if (!times || document.visibilityState !== "visible") return;
  const address = new URL(location.href);
  address.searchParams.set("part", "yes");
  const response = await fetch(address).catch(() => null);
  const html = response?.ok ? await response.text().catch(() => "") : "";
  if (!html || html === last) return;
  const template = document.createElement("template");
  template.innerHTML = html;
  localize(template.content);
  const focused = document.activeElement instanceof HTMLAnchorElement ? document.activeElement.href : "";
  if (last) times.replaceChildren(template.content);
  last = html;
  if (focused) Array.from(times.querySelectorAll("a")).find((link) => link.href === focused)?.focus();
}

if (times) {
  localize(times);
  void lookAgain();
  setInterval(lookAgain, 20_000);
  document.addEventListener("visibilitychange", lookAgain);
}
const form = /** @type {HTMLFormElement | null} */ (document.getElementById("choose"));
form?.addEventListener("change", () => form.requestSubmit());
form?.querySelector("button")?.remove();
