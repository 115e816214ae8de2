// A thread that is on the screen is read: said to the server once for each message that came last.
const live = /** @type {HTMLElement} */ (document.getElementById("live"));
/** @type {string | undefined} */
let said;

async function markRead() {
  const form = /** @type {HTMLFormElement | null} */ (live.querySelector("form[data-read]"));
  const until = form?.dataset.read;
  if (!form || !until || until === said || document.visibilityState !== "visible") return;
  said = until;
  const body = new URLSearchParams({ until });
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) said = undefined;
}

/** Whoever may not write any more, or again, sees that on the page that is open; what was typed stays in the form. */
function showForm() {
  const reply = document.getElementById("reply");
  if (reply) reply.hidden = live.querySelector("[data-refusal]") !== null;
}

new MutationObserver(() => {
  showForm();
  void markRead();
}).observe(live, { childList: true, subtree: true });
document.addEventListener("visibilitychange", markRead);
void markRead();
