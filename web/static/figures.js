// Today in numbers and as a picture: how long the queue was, how long decisions took. The numbers and the sentence say what
// the picture shows.
import { clock } from "./ages.js";
import { fetchJson } from "./live_socket.js";
import { zone } from "./zone.js";

/**
 * @typedef {object} Figures
 * @property {[number, number][]} queue  seconds since 1970, requests pending from then on
 * @property {number} decided
 * @property {number | null} median_s
 * @property {number | null} p90_s
 * @property {number | null} share_in_time  0 to 1: decided before the clinic's limit, five minutes if it says nothing else
 * @property {number} pending
 * @property {number} red
 */

const SETTLE = 1500;
const MINUTE = 60_000;
const HEIGHT = 200;

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const time = (/** @type {number} */ seconds) =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", timeZone: zone });
const minutes = (/** @type {number | null} */ seconds) => (seconds === null ? "–" : clock(seconds * 1000));
const percent = (/** @type {number | null} */ share) => (share === null ? "–" : `${Math.round(share * 100)} %`);
const plural = (/** @type {number} */ number, /** @type {string} */ one) => `${number} ${one}${number === 1 ? "" : "s"}`;

/** @param {Figures} figures @returns {[number, number] | undefined} when the queue was longest, and how long */
const peak = ({ queue }) => queue.reduce((most, point) => (point[1] > (most?.[1] ?? 0) ? point : most),
  /** @type {[number, number] | undefined} */ (undefined));

/** @param {Figures} figures */
function showNumbers(figures) {
  const longest = peak(figures);
  const told = {
    decided: String(figures.decided), median: minutes(figures.median_s), p90: minutes(figures.p90_s),
    share: percent(figures.share_in_time), longest: longest ? `${longest[1]} at ${time(longest[0])}` : "–",
  };
  for (const [name, text] of Object.entries(told)) {
    const place = document.querySelector(`[data-figure=${name}]`);
    if (place) place.textContent = text;
  }
  element("plot-words").textContent = words(figures, longest);
}

/** @param {Figures} figures @param {[number, number] | undefined} longest */
function words(figures, longest) {
  const now = `${plural(figures.pending, "request")} waiting now, ${figures.red} of them red.`;
  const top = longest ? ` The queue was longest at ${time(longest[0])}, with ${longest[1]}.` : " Nobody had to wait today.";
  const decisions = figures.decided
    ? ` ${plural(figures.decided, "decision")} today: half within ${minutes(figures.median_s)}, nine of ten within ` +
      `${minutes(figures.p90_s)}, ${percent(figures.share_in_time)} in time, before they turned red.`
    : " Nothing was decided yet.";
  return now + top + decisions;
}

/** @type {{destroy: () => void, setSize: (size: {width: number, height: number}) => void} | null} */
let plot = null;

/** @param {Figures} figures */
async function draw({ queue }) {
  const { default: Plot } = await import("/static/vendor/uplot.esm.js");
  const place = element("plot");
  const ink = getComputedStyle(place).color;
  const line = getComputedStyle(place).getPropertyValue("--plot-line");
  const axis = { stroke: ink, grid: { stroke: `color-mix(in srgb, ${ink} 20%, transparent)`, width: 1 }, ticks: { show: false } };
  plot?.destroy();
  plot = null;
  place.hidden = !queue.length;
  if (!queue.length) return;
  plot = new Plot({
    width: place.clientWidth, height: HEIGHT, legend: { show: false }, cursor: { show: false },
    scales: { y: { range: (_, __, most) => [0, Math.max(most, 1) * 1.1] } },
    axes: [{ ...axis, space: 90, values: (_, splits) => splits.map(time) }, { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100], size: 40 }],
    series: [{}, {
      stroke: line, width: 2, fill: `color-mix(in srgb, ${line} 20%, transparent)`, points: { show: false },
      paths: Plot.paths.stepped?.({ align: 1 }),
    }],
  }, [queue.map(([at]) => at), queue.map(([, pending]) => pending)], place);
}

/**
 * Keep them right while they are looked at.
 * @param {() => boolean} isShown
 * @returns {() => void} something changed: renew them soon
 */
export function beginFigures(isShown) {
  let soon = 0;
  /** @type {Figures | null} */
  let newest = null;
  async function renew() {
    clearTimeout(soon);
    soon = 0;
    if (!isShown() || document.visibilityState === "hidden") return;
    const figures = /** @type {Figures | null} */ (await fetchJson("/board/figures"));
    if (!figures) return;
    newest = figures;
    showNumbers(figures);
    await draw(figures);
  }
  const redraw = () => { if (newest && isShown()) void draw(newest); };
  new ResizeObserver(() => plot?.setSize({ width: element("plot").clientWidth, height: HEIGHT })).observe(element("figures"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(redraw));
  document.addEventListener("visibilitychange", () => void renew());
  setInterval(renew, MINUTE);
  void renew();
  return () => { soon ||= setTimeout(renew, SETTLE); };
}
