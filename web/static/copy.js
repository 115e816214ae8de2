// Buttons that copy a field's text. Without a clipboard the text is selected, to be copied by hand.
export {};

for (const button of document.querySelectorAll("[data-copy]")) {
  const element = /** @type {HTMLButtonElement} */ (button);
  const field = /** @type {HTMLInputElement} */ (document.getElementById(element.dataset.copy ?? ""));
  const told = element.parentElement?.parentElement?.querySelector("[data-copied]");
  element.hidden = false;
  element.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      if (told) told.textContent = "Copied.";
    } catch {
      if (told) told.textContent = "It is marked now: copy it with your keyboard.";
    }
  });
}
