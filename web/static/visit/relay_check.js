// Whether this network lets media through: a connection to the relay that carries nothing, by real ICE and DTLS. No page.

/** @typedef {import("./socket.js").Ask} Ask */

const patience = 8000;

/**
 * @param {Ask} ask
 * @param {RTCIceServer[]} iceServers
 * @returns {Promise<"good" | "blocked" | "unanswered">} unanswered: the server itself did not answer
 */
export async function tryRelay(ask, iceServers) {
  const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers });
  try {
    peer.addTransceiver("audio", { direction: "recvonly" });
    const reached = connected(peer);
    await peer.setLocalDescription();
    const answer = await ask("probe", { sdp: peer.localDescription?.sdp });
    if (answer.sdp === undefined) return "unanswered";
    await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    return (await reached) ? "good" : "blocked";
  } finally {
    peer.close();
  }
}

/**
 * @param {RTCPeerConnection} peer
 * @returns {Promise<boolean>}
 */
const connected = (peer) => new Promise((resolve) => {
  setTimeout(() => resolve(false), patience);
  peer.addEventListener("connectionstatechange", () => {
    if (peer.connectionState === "connected") resolve(true);
    if (peer.connectionState === "failed") resolve(false);
  });
});
