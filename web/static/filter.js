// Which clinics the scheduler chose to see. The server filters snapshots and remembers the choice; events come of
// every clinic that is served, and those of hidden ones are set aside here.

/** @type {Set<string>} public ids */
let hidden = new Set();
export const hiddenClinics = () => hidden;

/** @type {import("./rows.js").Change[]} what came of hidden clinics since the last snapshot was asked for */
let aside = [];

/** @param {import("./rows.js").Change} change @returns {boolean} whether its clinic is hidden: then it waits aside */
export function isHidden(change) {
  const away = hidden.has(change.clinic ?? "");
  if (away) aside.push(change);
  return away;
}

/** What came before a snapshot is asked for is in it. */
export const forgetAside = () => { aside = []; };

/**
 * Take over what a snapshot says of the filter.
 * @param {ParentNode} fresh
 * @returns {import("./rows.js").Change[]} changes that must be looked at again, for their clinic may be shown now
 */
export function readFilter(fresh) {
  hidden = new Set(JSON.parse(/** @type {HTMLElement} */ (fresh.querySelector("#rows")).dataset.hidden ?? "[]"));
  const words = fresh.querySelector("#hidden-clinics");
  const shown = document.getElementById("hidden-clinics");
  if (words && shown && words !== shown && !words.isEqualNode(shown)) putInPlace(shown, words);
  for (const box of boxes()) box.defaultChecked = !hidden.has(box.value);
  return aside;
}

/** @param {HTMLElement} shown @param {Element} words */
function putInPlace(shown, words) {
  const focused = shown.contains(document.activeElement);
  shown.replaceChildren(...words.childNodes);
  if (focused) (shown.querySelector("button") ?? /** @type {HTMLElement | null} */ (menu()?.querySelector("summary")))?.focus();
}

const menu = () => /** @type {HTMLDetailsElement | null} */ (document.getElementById("filter"));
const boxes = () => /** @type {HTMLInputElement[]} */ (Array.from(menu()?.querySelectorAll("input[name=clinic]") ?? []));

/** Open it with the focus in it; nothing for somebody who schedules one clinic. */
export function openFilter() {
  const details = menu();
  if (!details) return;
  details.open = true;
  boxes()[0]?.focus();
}

/**
 * Let people filter.
 * @param {() => Promise<void>} changed  loads the board anew
 * @param {(text: string) => void} tell  what went wrong
 */
export function letFilter(changed, tell) {
  const details = menu();
  const form = details?.querySelector("form");
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-show-all]")) void choose([]);
    else if (details?.open && !details.contains(target)) details.open = false;
  });
  details?.addEventListener("toggle", () => form?.reset());
  details?.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = boxes().filter((box) => box.checked);
    void choose(chosen.length === boxes().length ? [] : chosen.map((box) => box.value));
  });

  /** @param {string[]} clinics  none: all */
  async function choose(clinics) {
    const fields = new URLSearchParams(clinics.map((clinic) => ["clinic", clinic]));
    const response = await fetch("/board/filter", { method: "POST", body: fields, headers: { Accept: "application/json" } })
      .catch(() => null);
    if (!response?.ok) return tell("The filter was not changed: please try again.");
    await changed();
    close();
  }

  function close() {
    if (!details?.open) return;
    details.open = false;
    details.querySelector("summary")?.focus();
  }
}
