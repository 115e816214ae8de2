// The page on which somebody pays by card. The fields are Stripe's own; the card's number never passes this page's server.
// After Stripe's answer the server is asked to look, and asks Stripe itself.
export {};

/**
 * What we use of https://docs.stripe.com/js
 * @typedef {{ error?: { message?: string } | null, paymentIntent?: { status: string } }} Confirmed
 * @typedef {{ mount: (at: string) => void, on: (event: string, hear: (change?: { error?: { message: string } }) => void) => void, update?: (options: object) => void }} CardElement
 * @typedef {{ elements: () => { create: (kind: string, options?: object) => CardElement },
 *             confirmCardPayment: (secret: string, data: object) => Promise<Confirmed> }} Stripe
 */

const form = /** @type {HTMLFormElement} */ (document.getElementById("card-form"));
const button = /** @type {HTMLButtonElement} */ (document.getElementById("pay"));
const trouble = /** @type {HTMLElement} */ (document.getElementById("card-error"));
const make = /** @type {((key: string) => Stripe) | undefined} */ (/** @type {any} */ (window).Stripe);
const vague = "The payment did not work. Nothing was charged. Please try again, or with another card.";

/** @param {Stripe} stripe */
function offer(stripe) {
  const ink = getComputedStyle(form).color;
  const card = stripe.elements().create("card", { style: { base: { color: ink, fontSize: "16px", iconColor: ink } } });
  card.mount("#card");
  card.on("change", (change) => { trouble.textContent = change?.error?.message ?? ""; });
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    trouble.textContent = "";
    const error = await confirm(stripe, card);
    if (error === null) return form.submit();
    trouble.textContent = error;
    button.disabled = false;
    button.removeAttribute("aria-busy");
  });
}

/**
 * What went wrong, or null.
 * @param {Stripe} stripe
 * @param {CardElement} card
 */
async function confirm(stripe, card) {
  try {
    const answer = await stripe.confirmCardPayment(form.dataset.secret ?? "", { payment_method: { card } });
    if (answer.error) return answer.error.message ?? vague;
    return answer.paymentIntent?.status === "requires_payment_method" ? vague : null;
  } catch {
    return vague;
  }
}

if (make) offer(make(form.dataset.key ?? ""));
else trouble.textContent = "The fields for your card could not be loaded. Please check your connection and reload the page.";
