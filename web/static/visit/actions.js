// The visit's durable steps: plain posts, answered with JSON. Those about one admission are the host's alone.

/** What the server refused, in words for the person. */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {string} [code]
   */
  constructor(message, code = "") {
    super(message);
    this.code = code;
  }
}

/**
 * @param {string} session
 * @param {string} name
 */
export const knock = (session, name) => post(`/sessions/${session}/knock`, { name });

/** @param {string} session */
export const leave = (session) => post(`/sessions/${session}/leave`, {});

/** @typedef {"admit" | "deny" | "send-back" | "remove" | "message"} Step */

/** What the host does in their own visit. */
export class HostActions {
  #path;

  /** @param {string} session */
  constructor(session) {
    this.#path = `/sessions/${session}`;
  }

  /**
   * @param {Step} step
   * @param {string} admission
   * @param {number | undefined} epoch of the knock that the host sees: whoever comes later by the same link is another
   * @param {string} [words] what the person is told, if anything
   */
  about(step, admission, epoch, words = "") {
    const said = {
      admit: { epoch }, message: { epoch, text: words }, deny: { epoch, sentence: words },
      "send-back": {}, remove: { sentence: words },
    };
    return post(`${this.#path}/admissions/${admission}/${step}`, said[step]);
  }

  admitAll() {
    return post(`${this.#path}/admit-all`, {});
  }

  /** @param {boolean} locked */
  lock(locked) {
    return post(`${this.#path}/lock`, { locked });
  }

  /** The session is over then, and its own page tells of it. */
  async noShow() {
    await post(`${this.#path}/no-show`, {});
    location.assign(`${this.#path}/manage?done=no_show`);
  }
}

/**
 * @param {string} path
 * @param {object} body
 * @returns {Promise<{state: string}>}
 */
async function post(path, body) {
  const headers = { "Accept": "application/json", "Content-Type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
  if (answer === null) throw new Refused("The server cannot be reached just now. Please try again.");
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(told.message ?? "That did not work. Please reload the page.", told.error);
  return told;
}
