// Short tunes, made by the browser itself. Browsers play nothing before the first click or key on a page.

/** @type {Record<"fresh" | "red" | "knock", [pitch: number, start: number][]>} in hertz and seconds */
const TUNES = {
  fresh: [[659, 0], [880, 0.16]],
  red: [[392, 0], [330, 0.22], [392, 0.44]],
  knock: [[587, 0], [784, 0.18]],
};
const LENGTH = 0.2;

/** @type {AudioContext | null} */
let context = null;

export const canPlay = () => context?.state === "running";

/** Get ready, as far as the browser lets us. @param {() => void} changed  told when it lets us, or no longer */
export function prepare(changed) {
  if (!context) {
    context = new AudioContext();
    context.addEventListener("statechange", changed);
  }
  void context.resume();
}

/** @param {"fresh" | "red" | "knock"} name @param {number} [after] seconds */
export function play(name, after = 0) {
  if (!context || !canPlay()) return;
  for (const [pitch, start] of TUNES[name] ?? []) note(context, pitch, context.currentTime + after + start);
}

/** @param {AudioContext} audio @param {number} pitch @param {number} at */
function note(audio, pitch, at) {
  const tone = new OscillatorNode(audio, { frequency: pitch, type: "triangle" });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setTargetAtTime(0.35, at, 0.01);
  volume.gain.setTargetAtTime(0, at + LENGTH / 2, 0.05);
  tone.connect(volume).connect(audio.destination);
  tone.start(at);
  tone.stop(at + LENGTH * 2);
}
