// A week of free times in the viewer's own zone, looked up again while the page is open.
import { zone } from "./zone.js";

const week = document.getElementById("week");

let last = "";
/** Times come and go: look again, and change the page only if something did. */
async function lookAgain() {
  if (!week || document.visibilityState !== "visible") return;
  const address = new URL(location.href);
  address.searchParams.set("part", "yes");
  address.searchParams.set("zone", zone);
  const response = await fetch(address).catch(() => null);
  const html = response?.ok ? await response.text().catch(() => "") : "";
  if (!html || html === last) return;
  const template = document.createElement("template");
  template.innerHTML = html;
  const said = template.content.textContent;
  if (said !== week.textContent) show(template.content);
  last = html;
}

/** @param {DocumentFragment} fresh  whose links take the place of those that were there; the focus stays on the same time */
function show(fresh) {
  const focused = document.activeElement instanceof HTMLAnchorElement ? document.activeElement.href : "";
  week?.replaceChildren(fresh);
  if (focused) Array.from(week?.querySelectorAll("a") ?? []).find((link) => link.href === focused)?.focus();
}

if (week) {
  void lookAgain();
  setInterval(lookAgain, 20_000);
  document.addEventListener("visibilitychange", lookAgain);
}
