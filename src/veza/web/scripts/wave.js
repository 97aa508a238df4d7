// Waveforms as paths of SVG, drawn as the server draws them (web/waves.py): mirrored about the middle.

const SVG = "http://www.w3.org/2000/svg";
/** Silence is a thin line, not nothing. */
const LEAST_HEIGHT = 2;
const POINTS = 600;
const NEEDLE = "M-7 0H7L0 9z";

/** @typedef {{peaks: number[], rms: number[]}} Points 0 to 255, which is full scale */

/** @type {Map<string, Promise<Points | null>>} */
const known = new Map();
const MOST_KNOWN = 50;

/** The points of a track's wave; null where there are none. @param {string} track */
function pointsOf(track) {
  let asked = known.get(track);
  if (!asked) {
    asked = fetch(`/api/v1/tracks/${track}/waveform`).then((answer) => (answer.ok ? answer.json() : null), () => null);
    if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value ?? "");
    known.set(track, asked);
  }
  return asked;
}

/**
 * A wave that shows how far it is played.
 * @param {Points} points
 * @param {number} height
 */
function drawn(points, height) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "wave");
  svg.setAttribute("viewBox", `0 0 ${2 * POINTS} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path("peak", points.peaks, height), path("loud", points.rms, height));
  return svg;
}

/**
 * Puts the wave of a track over its seek bar, unless another one is shown there by the time its points have come.
 * @param {HTMLElement & {waveOf?: string}} player
 * @param {string} id
 * @param {number} height
 */
export async function showWave(player, id, height) {
  player.waveOf = id;
  const points = await pointsOf(id), box = player.querySelector(".player-seek");
  if (player.waveOf !== id || !box) return;
  for (const one of box.querySelectorAll("svg")) one.remove();
  if (points) box.prepend(drawn(points, height));
}

/** @param {string} name @param {number[]} values @param {number} height */
function path(name, values, height) {
  const one = document.createElementNS(SVG, "path");
  one.setAttribute("class", name);
  one.setAttribute("d", outline(fewer(values), height));
  return one;
}

/** The highest value of each of POINTS equal parts. @param {number[]} values */
function fewer(values) {
  const count = values.length;
  return Array.from({ length: POINTS }, (_, place) => {
    const from = Math.floor((place * count) / POINTS), to = Math.max(Math.floor(((place + 1) * count) / POINTS), from + 1);
    return Math.max(0, ...values.slice(from, to));
  });
}

/** @param {number[]} levels @param {number} height */
function outline(levels, height) {
  const middle = height / 2, halves = levels.map((level) => Math.max(LEAST_HEIGHT, (level * height) / 255) / 2);
  const upper = halves.map((half, place) => `L${2 * place} ${(middle - half).toFixed(1)}`).join("");
  const lower = halves.map((half, place) => `L${2 * place} ${(middle + half).toFixed(1)}`).reverse().join("");
  return `M${upper.slice(1)}${lower}Z`;
}

let clips = 0;

/**
 * Show in a wave how far its track is played, with a needle there; a share of null takes both away.
 * @param {SVGSVGElement} svg
 * @param {number | null} share 0 to 1
 */
export function play(svg, share) {
  let over = svg.querySelector("g");
  if (share === null) {
    over?.remove();
    svg.querySelector("clipPath")?.remove();
    svg.parentElement?.querySelector(".needle")?.remove();
    return;
  }
  const box = svg.viewBox.baseVal;
  if (!over) {
    const clip = document.createElementNS(SVG, "clipPath"), rect = document.createElementNS(SVG, "rect");
    clip.id = `played-${++clips}`;
    rect.setAttribute("height", String(box.height));
    clip.append(rect);
    over = document.createElementNS(SVG, "g");
    over.setAttribute("clip-path", `url(#${clip.id})`);
    for (const one of svg.querySelectorAll(":scope > path")) {
      const copy = /** @type {SVGPathElement} */ (one.cloneNode());
      copy.classList.add("played");
      over.append(copy);
    }
    svg.append(clip, over);
    svg.parentElement?.append(needle());
  }
  svg.querySelector("clipPath rect")?.setAttribute("width", String(box.width * share));
  svg.parentElement?.querySelector(".needle svg")?.setAttribute("x", `${(100 * share).toFixed(2)}%`);
}

/** The V over a line that says where one is. */
function needle() {
  const svg = document.createElementNS(SVG, "svg"), mark = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "needle");
  svg.setAttribute("aria-hidden", "true");
  mark.setAttribute("overflow", "visible");
  const line = document.createElementNS(SVG, "line"), head = document.createElementNS(SVG, "path");
  line.setAttribute("y2", "100%");
  head.setAttribute("d", NEEDLE);
  mark.append(line, head);
  svg.append(mark);
  return svg;
}
