// Questions of a form can also be dragged to their place: dropping one sends the same form as its buttons Up and Down.

const list = /** @type {HTMLElement | null} */ (document.querySelector("[data-arrange]"));
/** @type {HTMLElement | null} */
let dragged = null;

/** @returns {HTMLElement[]} */
const entries = () => Array.from(/** @type {NodeListOf<HTMLElement>} */ (list?.querySelectorAll(".entry") ?? []));

for (const entry of entries()) entry.draggable = entry.querySelector("form") !== null;

list?.addEventListener("dragstart", (event) => {
  dragged = /** @type {HTMLElement} */ (event.target).closest(".entry");
  dragged?.classList.add("is-dragged");
});

list?.addEventListener("dragover", (event) => {
  const over = /** @type {HTMLElement} */ (event.target).closest(".entry");
  if (!dragged || !over) return;
  event.preventDefault();
  const place = entries().indexOf(dragged) < entries().indexOf(/** @type {HTMLElement} */ (over)) ? "afterend" : "beforebegin";
  if (over !== dragged) over.insertAdjacentElement(place, dragged);
});

list?.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  const form = dragged?.querySelector("form");
  if (dragged && form) {
    const button = document.createElement("button");
    button.name = "to";
    button.value = String(entries().indexOf(dragged) + 1);
    button.hidden = true;
    form.append(button);
    form.requestSubmit(button);
  }
  dragged = null;
});
