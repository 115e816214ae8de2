// The visit's durable steps: plain posts, answered with JSON.

/** What the server refused, in words for the person. */
export class Refused extends Error {}

/**
 * @param {string} session
 * @param {string} name
 */
export const knock = (session, name) => post(`/sessions/${session}/knock`, { name });

/**
 * @param {string} session
 * @param {string} admission
 */
export const admit = (session, admission) => post(`/sessions/${session}/admissions/${admission}/admit`, {});

/** @param {string} session */
export const leave = (session) => post(`/sessions/${session}/leave`, {});

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
  if (!answer.ok) throw new Refused(told.message ?? "That did not work. Please reload the page.");
  return told;
}
