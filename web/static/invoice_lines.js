// One more line of an invoice without asking the server. The button does the same by itself, without scripts.
const lines = document.getElementById("lines");
const button = document.getElementById("add-line");

/**
 * A copy of the last line, empty, as number `place` (from 0).
 * @param {HTMLTableRowElement} last
 * @param {number} place
 */
function another(last, place) {
  const row = /** @type {HTMLTableRowElement} */ (last.cloneNode(true));
  for (const problem of row.querySelectorAll(".invalid-feedback")) problem.remove();
  for (const input of row.querySelectorAll("input")) {
    input.id = `${input.name}-${place}`;
    input.value = "";
    input.defaultValue = "";
    input.classList.remove("is-invalid");
    for (const said of ["aria-invalid", "aria-describedby", "autofocus"]) input.removeAttribute(said);
    const label = row.querySelector(`label[for^="${input.name}-"]`);
    if (!label) continue;
    label.setAttribute("for", input.id);
    label.textContent = (label.textContent ?? "").replace(/\d+$/, String(place + 1));
  }
  return row;
}

/** Append one; return it, or undefined where there are as many as there may be. */
function add() {
  const last = lines?.lastElementChild;
  if (!lines || !button || button.hidden || !(last instanceof HTMLTableRowElement)) return undefined;
  const row = another(last, lines.children.length);
  lines.append(row);
  button.hidden = lines.children.length >= Number(lines.dataset.most);
  return row;
}

/** So many lines, for what somebody typed before they had to sign in again. @param {number} count */
export function growTo(count) {
  while (lines && lines.children.length < count && add());
}

button?.addEventListener("click", (event) => {
  event.preventDefault();
  add()?.querySelector("input")?.focus();
});
