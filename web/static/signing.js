// A pad to draw a signature on, beside the typed name; either is enough. What is drawn goes along as a picture.
import SignaturePad from "/static/vendor/signature_pad.js";

const densest = 2; // what a phone has beyond that is only bytes

for (const element of document.querySelectorAll("[data-pad]")) {
  const box = /** @type {HTMLElement} */ (element);
  const canvas = /** @type {HTMLCanvasElement} */ (box.querySelector("canvas"));
  const kept = /** @type {HTMLInputElement} */ (box.querySelector("input"));
  const clear = /** @type {HTMLButtonElement} */ (box.querySelector("[data-clear]"));
  box.hidden = false;
  const pad = new SignaturePad(canvas, { penColor: "#101418", backgroundColor: "#fff", minWidth: 0.8, maxWidth: 2.4 });
  fit(canvas);
  pad.clear();
  if (kept.value) pad.fromDataURL(kept.value, { width: canvas.offsetWidth, height: canvas.offsetHeight });
  pad.addEventListener("endStroke", () => keep(pad, canvas, kept));
  clear.addEventListener("click", () => {
    pad.clear();
    kept.value = "";
  });
  new ResizeObserver(() => again(pad, canvas, kept)).observe(canvas);
}

/** @param {HTMLCanvasElement} canvas  gets as many points as it has on the screen */
function fit(canvas) {
  const density = Math.min(window.devicePixelRatio || 1, densest);
  canvas.width = canvas.offsetWidth * density;
  canvas.height = canvas.offsetHeight * density;
  canvas.getContext("2d")?.scale(density, density);
}

/** @param {SignaturePad} pad @param {HTMLCanvasElement} canvas @param {HTMLInputElement} kept */
function keep(pad, canvas, kept) {
  kept.value = pad.isEmpty() ? "" : canvas.toDataURL("image/png");
}

/**
 * A turned phone has another width: the drawing is drawn again from its strokes.
 * @param {SignaturePad} pad @param {HTMLCanvasElement} canvas @param {HTMLInputElement} kept
 */
function again(pad, canvas, kept) {
  const density = Math.min(window.devicePixelRatio || 1, densest);
  if (canvas.width === Math.floor(canvas.offsetWidth * density)) return;
  const strokes = pad.toData();
  const restored = strokes.length === 0 && kept.value;
  fit(canvas);
  pad.clear();
  if (restored) pad.fromDataURL(kept.value, { width: canvas.offsetWidth, height: canvas.offsetHeight });
  else {
    pad.fromData(strokes);
    keep(pad, canvas, kept);
  }
}
