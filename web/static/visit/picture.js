// What the own picture looks like to others: how fine it is, and whether the background is blurred, where the camera's
// driver can do that. The browser measures how much of it the network carries.

/** @typedef {"low" | "standard" | "high"} Resolution */

const kept = { resolution: "visit-resolution", blur: "visit-blur" };
/** @type {Record<Resolution, {width: number, height: number, frames: number}>} */
const sizes = {
  low: { width: 640, height: 360, frames: 20 },
  standard: { width: 1280, height: 720, frames: 30 },
  high: { width: 1920, height: 1080, frames: 30 },
};

/** @returns {Resolution} */
export function resolution() {
  const chosen = localStorage.getItem(kept.resolution);
  return chosen === "low" || chosen === "high" ? chosen : "standard";
}

/** @param {string} chosen */
export const chooseResolution = (chosen) => localStorage.setItem(kept.resolution, chosen);

export const isBlurred = () => localStorage.getItem(kept.blur) === "yes";

/** @param {boolean} wanted */
export const chooseBlur = (wanted) => localStorage.setItem(kept.blur, wanted ? "yes" : "no");

/** @param {MediaStreamTrack | null} camera */
export function canBlur(camera) {
  /** @type {{backgroundBlur?: boolean[]}} */
  const can = camera?.getCapabilities?.() ?? {};
  return can.backgroundBlur?.includes(true) ?? false;
}

/**
 * Bring a camera's track to what was chosen; what it cannot do is left.
 * @param {MediaStreamTrack | null} camera
 */
export async function apply(camera) {
  if (camera === null || camera.readyState === "ended") return;
  const { width, height, frames } = sizes[resolution()];
  /** @type {MediaTrackConstraints & {backgroundBlur?: boolean}} */
  const wish = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: frames, max: 30 } };
  if (canBlur(camera)) wish.backgroundBlur = isBlurred();
  await camera.applyConstraints(wish).catch(() => {});
}
