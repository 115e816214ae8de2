// One more line of an invoice without asking the server. The button does the same by itself, without scripts.
export {};

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

button?.addEventListener("click", (event) => {
  const last = lines?.lastElementChild;
  if (!lines || !(last instanceof HTMLTableRowElement)) return;
  event.preventDefault();
  const row = another(last, lines.children.length);
  lines.append(row);
  row.querySelector("input")?.focus();
  button.hidden = lines.children.length >= Number(lines.dataset.most);
});
