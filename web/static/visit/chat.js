// What is written in the visit: it is not kept, and the page says so.
import { find, make, say } from "./dom.js";
import { zone } from "../zone.js";

/** @typedef {import("./socket.js").Written} Written */

export class Chat {
  #root = find("#chat");
  #list = find("#chat ol");
  #field = /** @type {HTMLTextAreaElement} */ (find("#chat textarea"));
  /** What was read is no news after a reload. */
  #kept = `visit-chat-${find("#visit").dataset.session}`;
  #newest = Number(sessionStorage.getItem(this.#kept) ?? 0);
  #unread = 0;
  #changed;

  /**
   * @param {(text: string) => Promise<{message?: string, error?: string}>} send
   * @param {(isOpen: boolean, unread: number) => void} changed
   */
  constructor(send, changed) {
    this.#changed = changed;
    const form = find("#chat form");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = this.#field.value.trim();
      if (text === "") return this.#field.focus();
      const answer = await send(text);
      say(find("[data-error]", form), answer.error ? answer.message ?? "This was not sent. Please try again." : "");
      if (!answer.error && this.#field.value.trim() === text) this.#field.value = "";
      this.#field.focus();
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      /** @type {HTMLFormElement} */ (form).requestSubmit();
    });
    this.#root.addEventListener("keydown", (event) => { if (event.key === "Escape") this.toggle(false); });
    find("#chat [data-close]").addEventListener("click", () => this.toggle(false));
  }

  get isOpen() {
    return !this.#root.hidden;
  }

  /** @param {boolean} open */
  toggle(open) {
    if (open === this.isOpen) return;
    this.#root.hidden = !open;
    find("#visit").toggleAttribute("data-chatting", open);
    this.#unread = 0;
    this.#keepRead();
    this.#changed(open, 0);
    if (!open) return find("#controls [data-action=chat]").focus();
    this.#field.focus();
    this.#scroll();
  }

  /**
   * @param {Written[]} messages all there are, the oldest first
   * @returns {Written[]} those of others that came just now
   */
  show(messages) {
    const known = new Map([...this.#list.children].map((item) => [/** @type {HTMLElement} */ (item).dataset.id, item]));
    this.#list.replaceChildren(...messages.map((message) => known.get(keyOf(message)) ?? this.#line(message)));
    find("#chat [data-nothing]").hidden = messages.length > 0;
    const fresh = messages.filter(({ id, own }) => id > this.#newest && !own);
    // A restarted server counts from one again.
    this.#newest = messages.at(-1)?.id ?? 0;
    if (fresh.length && !this.isOpen) this.#unread += fresh.length;
    if (messages.length === 0) this.#unread = 0;
    if (this.isOpen || messages.length === 0) this.#keepRead();
    this.#changed(this.isOpen, this.#unread);
    this.#scroll();
    return fresh;
  }

  /** @param {Written} message */
  #line(message) {
    const line = make("chat-line");
    line.dataset.id = keyOf(message);
    line.toggleAttribute("data-own", message.own);
    find("[data-name]", line).textContent = message.own ? "You" : message.name;
    find("[data-text]", line).textContent = message.text;
    const at = new Date(Date.now() - message.at_ms_ago);
    const time = /** @type {HTMLTimeElement} */ (find("time", line));
    time.dateTime = at.toISOString();
    time.textContent = at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", timeZone: zone });
    return line;
  }

  /** Whoever is not in the visit has no chat. */
  clear() {
    this.#list.replaceChildren();
    find("#chat [data-nothing]").hidden = false;
    this.toggle(false);
    this.#unread = 0;
    this.#changed(false, 0);
  }

  #keepRead() {
    sessionStorage.setItem(this.#kept, String(this.#newest));
  }

  #scroll() {
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}

/** @param {Written} message */
const keyOf = ({ id, text }) => `${id} ${text}`;
