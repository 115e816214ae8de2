// While an export is put together its page looks again every two seconds.
import { showTimes } from "./times.js";

const every = 2000;
const place = document.getElementById("export-state");

function waits() {
  return place?.querySelector("[data-running]") != null;
}

async function look() {
  if (!place) return;
  try {
    const answer = await fetch(place.dataset.part ?? "", { headers: { Accept: "text/html" } });
    if (answer.ok) show(await answer.text());
  } catch {
    // The next look comes all the same.
  }
  if (waits()) setTimeout(look, every);
  else for (const button of document.querySelectorAll("form button[disabled]")) button.removeAttribute("disabled");
}

/** @param {string} html */
function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  showTimes(template.content);
  place?.replaceChildren(template.content);
}

if (waits()) setTimeout(look, every);
