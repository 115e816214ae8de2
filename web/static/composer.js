// A message's form: Ctrl and Enter sends it; files that would be refused are told before they are sent, and once only.
export {};

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-composer]"));

/** @param {HTMLInputElement} input @returns {string} what is wrong with the files; empty: nothing */
function wrongFiles(input) {
  const files = Array.from(input.files ?? []);
  const large = files.find((file) => file.size > Number(input.dataset.largest));
  if (files.length > Number(input.dataset.most)) return `At most ${input.dataset.most} files go with one message.`;
  return large ? `${large.name}: This file is larger than ${Number(input.dataset.largest) / 1048576} MB.` : "";
}

/** @param {HTMLFormElement} form */
function begin(form) {
  const input = /** @type {HTMLInputElement} */ (form.elements.namedItem("files"));
  const told = /** @type {HTMLElement} */ (form.querySelector("[data-files-error]"));
  const sending = /** @type {HTMLElement} */ (form.querySelector("[data-sending]"));
  const check = () => {
    const wrong = wrongFiles(input);
    told.textContent = wrong;
    told.hidden = !wrong;
    told.classList.toggle("d-block", !!wrong);
    input.classList.toggle("is-invalid", !!wrong);
    input.toggleAttribute("aria-invalid", !!wrong);
    return !wrong;
  };
  input.addEventListener("change", check);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    if (!check()) {
      event.preventDefault();
      input.focus();
    } else if (!sending.hidden) event.preventDefault(); // it is on its way
    else sending.hidden = false;
  });
  addEventListener("pageshow", () => { sending.hidden = true; });
}

if (form) begin(form);
