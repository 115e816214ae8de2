// Where the others' sound comes out, and a tone to hear whether it does.

const KEPT = "visit-device-speaker";
const LENGTH = 1.2;

/** Whether this browser lets a page choose; else the computer's own settings do. */
export const canChooseSpeaker = "setSinkId" in HTMLMediaElement.prototype;

/** @returns {string} the chosen device's id; "" is the computer's own choice */
export const speaker = () => localStorage.getItem(KEPT) ?? "";

/**
 * Use this one, now and in later visits.
 * @param {string} id
 */
export function chooseSpeaker(id) {
  localStorage.setItem(KEPT, id);
  for (const element of document.querySelectorAll("audio")) route(element);
}

/**
 * Let an element's sound come out of the chosen speaker, or where it can if that one is gone.
 * @param {HTMLMediaElement} element
 */
export function route(element) {
  if (canChooseSpeaker && element.sinkId !== speaker()) element.setSinkId(speaker()).catch(() => {});
}

/** Two rising notes out of the chosen speaker; resolved when they have ended, rejected if the browser plays nothing. */
export async function playTone() {
  const context = new AudioContext();
  try {
    await context.resume();
    const end = context.createMediaStreamDestination();
    const volume = new GainNode(context, { gain: 0 });
    volume.connect(end);
    const element = new Audio();
    element.srcObject = end.stream;
    route(element);
    await element.play();
    for (const [at, pitch] of [[0, 440], [LENGTH / 2, 660]]) sound(context, volume, pitch, context.currentTime + at);
    await new Promise((resolve) => setTimeout(resolve, LENGTH * 1000 + 200));
    element.pause();
  } finally {
    await context.close();
  }
}

/**
 * @param {AudioContext} context
 * @param {GainNode} volume
 * @param {number} pitch in hertz
 * @param {number} at
 */
function sound(context, volume, pitch, at) {
  const tone = new OscillatorNode(context, { frequency: pitch, type: "triangle" });
  volume.gain.setTargetAtTime(0.4, at, 0.02);
  volume.gain.setTargetAtTime(0, at + LENGTH / 2 - 0.12, 0.03);
  tone.connect(volume);
  tone.start(at);
  tone.stop(at + LENGTH / 2);
}
