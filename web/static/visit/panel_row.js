// One person in the Attendees Access Panel: what is known of them, and what the host can do.
import { find, make, say } from "./dom.js";

/** @typedef {import("./actions.js").HostActions} HostActions */
/** @typedef {import("./actions.js").Step} Step */

/** @type {Record<string, Step>} */
const steps = { admit: "admit", "send-back": "send-back", deny: "deny", remove: "remove", send: "message" };

export class Row {
  #actions;
  #admission;
  #epoch;
  #name = "";

  /**
   * @param {string} template
   * @param {string} admission
   * @param {number | undefined} epoch of their knock, while they wait
   * @param {HostActions} actions
   */
  constructor(template, admission, epoch, actions) {
    this.element = make(template);
    this.#admission = admission;
    this.#epoch = epoch;
    this.#actions = actions;
    for (const button of this.#all("[data-do]")) button.addEventListener("click", () => this.#act(button.dataset.do ?? ""));
    for (const button of this.#all("[data-opens-form]")) button.addEventListener("click", () => this.#toggle(button));
    for (const form of this.#all("form")) this.#wire(/** @type {HTMLFormElement} */ (form));
  }

  /**
   * @param {string} name
   * @param {string[]} about
   */
  show(name, about) {
    find("[data-name]", this.element).textContent = name;
    say(find("[data-about]", this.element), about.join(" · "));
    if (name === this.#name) return;
    this.#name = name;
    for (const button of this.#all("[data-do], [data-opens-form]")) {
      button.setAttribute("aria-label", `${button.textContent} ${name}`);
    }
  }

  /** @param {string} selector */
  #all(selector) {
    return /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll(selector)]);
  }

  /** @param {HTMLFormElement} form */
  #wire(form) {
    const opener = find(`[data-opens-form=${form.dataset.says}]`, this.element);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const words = String(new FormData(form).get("text")).trim();
      if (await this.#act(form.dataset.says ?? "", words)) this.#told(form, opener, words);
    });
    find("[data-cancel]", form).addEventListener("click", () => this.#close(form, opener));
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.#close(form, opener);
    });
  }

  /** @param {HTMLElement} opener */
  #toggle(opener) {
    const form = find(`[data-says=${opener.dataset.opensForm}]`, this.element);
    const opens = form.hidden;
    for (const other of this.#all("form")) other.hidden = true;
    for (const button of this.#all("[data-opens-form]")) button.setAttribute("aria-expanded", String(opens && button === opener));
    form.hidden = !opens;
    if (!opens) return;
    find("textarea", form).focus();
    form.scrollIntoView({ block: "nearest" });
  }

  /**
   * @param {HTMLElement} form
   * @param {HTMLElement} opener
   */
  #close(form, opener) {
    form.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    opener.focus();
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} opener
   * @param {string} words
   */
  #told(form, opener, words) {
    this.#close(form, opener);
    if (form.dataset.says === "send") this.showMessage(words);
  }

  /**
   * A message stays in sight, so that the host knows what is read; an empty one takes it back.
   * @param {string} words
   */
  showMessage(words) {
    say(find("[data-told]", this.element), words && `They read: ${words}`);
  }

  /**
   * @param {string} name
   * @param {string} [words]
   * @returns {Promise<boolean>} whether it was done
   */
  async #act(name, words) {
    const buttons = /** @type {HTMLButtonElement[]} */ (this.#all("button"));
    for (const button of buttons) button.disabled = true;
    const error = await this.#actions.about(steps[name], this.#admission, this.#epoch, words).then(() => "", ({ message }) => message);
    for (const button of buttons) button.disabled = false;
    say(find(":scope > [data-error]", this.element), error);
    return error === "";
  }
}
