// Sound without a page: how loud a microphone is.

/** @type {AudioContext | null} */
let shared = null;

/** Browsers may let a page use sound after a gesture only; until then the context sleeps. */
function context() {
  if (shared === null) {
    shared = new AudioContext();
    for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, () => context().resume().catch(() => {}));
  }
  return shared;
}

/** Whether the browser still waits for a gesture: until then every level is 0. */
export const isSoundAsleep = () => shared?.state === "suspended";

/**
 * @param {MediaStreamTrack} track
 * @returns {() => number} the level now, 0 to 1, on a scale on which speech moves
 */
export function levelOf(track) {
  const analyser = context().createAnalyser();
  analyser.fftSize = 1024;
  context().createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return () => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    return Math.max(0, Math.min(1, (10 * Math.log10(power + 1e-9) + 60) / 50));
  };
}
