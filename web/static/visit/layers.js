// In which layers each kind is sent, and which of them now. Where several people watch, pictures are sent in a lesser layer as
// well, so that one on a slow path spoils them for nobody: the camera's small, the screen's larger, for text is to be read, but
// with few frames. No connection and no page.

/** @typedef {import("./socket.js").Kind} Kind */

// Without limits of its own Chromium would give the full layer less than a picture without layers, and the lesser one's few frames.
const full = { rid: "h", maxBitrate: 2_500_000, active: false };
/** @type {Record<Kind, RTCRtpEncodingParameters[]>} */
export const layers = {
  microphone: [{ active: false }],
  camera: [{ rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150_000, active: false }, full],
  screen: [{ rid: "l", scaleResolutionDownBy: 2, maxFramerate: 5, maxBitrate: 250_000, active: false }, { ...full, maxFramerate: 15 }],
};

/**
 * Make the encodings those that are wanted now.
 * @param {Kind} kind
 * @param {RTCRtpEncodingParameters[]} encodings as the browser tells them
 * @param {{live: boolean, lesser: boolean, scale: number}} wanted whether anything is sent, the lesser layer too, and by how
 *   much to divide width and height of the full one
 */
export function adjust(kind, encodings, { live, lesser, scale }) {
  for (const encoding of encodings) {
    encoding.active = live && (encoding.rid !== "l" || lesser);
    if (encoding.rid === "h") encoding.scaleResolutionDownBy = scale;
  }
  // Where layers could not be agreed the first one is left: it becomes the full one.
  if (kind === "microphone" || encodings.length > 1) return;
  Object.assign(encodings[0], { active: live, scaleResolutionDownBy: scale, maxBitrate: full.maxBitrate });
  delete encodings[0].maxFramerate;
}
