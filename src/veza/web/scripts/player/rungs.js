// Which rung of a track is fetched next.

/** @import {Quality, Rendition} from "./types.js" */

const NEWEST_WEIGHS = 0.3;
/** Of the line's measured speed, what is trusted: more where a pause of it is not heard. */
const TRUSTED = 0.6, TRUSTED_AHEAD = 0.9, FAR_AHEAD_SECONDS = 10;

/** How fast the line is: an average in which the newest fetch weighs most. */
export class Line {
  bitsPerSecond = 0;

  /**
   * @param {number} bytes
   * @param {number} seconds
   */
  carried(bytes, seconds) {
    const measured = (8 * bytes) / Math.max(seconds, 0.001);
    this.bitsPerSecond += (measured - this.bitsPerSecond) * (this.bitsPerSecond ? NEWEST_WEIGHS : 1);
  }

  /**
   * It was too slow for `rendition`.
   * @param {Rendition} rendition
   */
  failed(rendition) {
    this.bitsPerSecond = Math.min(this.bitsPerSecond, rendition.bandwidth) / 2;
  }

  /**
   * The best rendition that it carries, or the smallest.
   * @param {Rendition[]} renditions by bandwidth
   * @param {number} ahead seconds that are buffered
   */
  best(renditions, ahead) {
    const trusted = this.bitsPerSecond * (ahead > FAR_AHEAD_SECONDS ? TRUSTED_AHEAD : TRUSTED);
    return renditions.findLast((one) => one.bandwidth <= trusted) ?? renditions[0];
  }
}

/** @param {Rendition} one */
export const isLossless = (one) => one.rung === "flac";

/**
 * What is fetched of a track; undefined where the browser plays none of it. Tracks change between AAC and FLAC at their
 * borders alone: `begun` is the rendition that a track has begun with. AAC rungs may follow each other anywhere.
 * @param {Rendition[]} offered
 * @param {Quality} quality
 * @param {Rendition | undefined} begun
 * @param {Line} line
 * @param {number} ahead seconds that are buffered
 */
export function choose(offered, quality, begun, line, ahead) {
  const lossless = offered.find(isLossless);
  if (lossless && (begun ? isLossless(begun) : quality === "flac")) return lossless;
  const lossy = offered.filter((one) => !isLossless(one)).sort((one, other) => one.bandwidth - other.bandwidth);
  if (quality === "auto") return line.best(lossy, ahead);
  const most = quality === "flac" ? Infinity : Number(quality);
  return lossy.findLast((one) => Number(one.rung.slice(3)) <= most) ?? lossy[0];
}
