// A client's picture: pointing at it or moving to it shows their message (portal.css does that). Here is what a finger needs,
// whose first touch shows and whose second opens the profile; and Escape, which hides the message while one is still there.
const SHOWN = "data-shown";
const DISMISSED = "data-dismissed";

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
const placeOf = (target) => (target instanceof Element ? target.closest(".picture-place") : null);

let touched = false;
document.addEventListener("pointerdown", (event) => {
  touched = event.pointerType === "touch";
  const place = placeOf(event.target);
  for (const other of document.querySelectorAll(`[${SHOWN}]`)) if (other !== place) other.removeAttribute(SHOWN);
});

document.addEventListener("click", (event) => {
  const place = placeOf(event.target);
  if (!place || !touched || place.hasAttribute(SHOWN)) return;
  event.preventDefault();
  place.removeAttribute(DISMISSED);
  place.setAttribute(SHOWN, "");
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const place of document.querySelectorAll(".picture-place")) {
    place.removeAttribute(SHOWN);
    if (place.matches(":hover, :focus-within")) place.setAttribute(DISMISSED, "");
  }
});

for (const name of ["pointerout", "focusout"]) {
  document.addEventListener(name, (event) => {
    const place = placeOf(event.target);
    const to = /** @type {PointerEvent | FocusEvent} */ (event).relatedTarget;
    if (place && placeOf(to) !== place) place.removeAttribute(DISMISSED);
  });
}
