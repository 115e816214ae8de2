// The operator's own TURN server, if there is one, as the page was told. Nothing points to anybody else's.
import { find } from "./dom.js";

/** @returns {RTCIceServer[]} */
export const iceServers = () => JSON.parse(find("#visit").dataset.iceServers || "[]");
