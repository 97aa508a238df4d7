// Fetching the next segment of a track.

import { fetchRange, streamOf } from "./fetching.js";
import { neutralized } from "./fragments.js";
import { choose } from "./rungs.js";
import { CAN_CHANGE_TYPE, Source } from "./sink.js";

/** @import {Placed} from "./placed.js" */
/** @import {Line} from "./rungs.js" */
/** @import {Quality, Rendition} from "./types.js" */

/** Longest wait for a byte: half of what is buffered, in these bounds. Some lines are slow to answer: it doubles with
 * each try. */
const LEAST_PATIENCE_SECONDS = 1.5, MOST_PATIENCE_SECONDS = 6, LAST_PATIENCE_SECONDS = 30;
/** A fetch is judged from then on, and by at least as much as that of time to spare. */
const JUDGED_AFTER_SECONDS = 1, LEAST_SPARE_SECONDS = 2;

/**
 * What is fetched next of a track with a manifest; undefined where the browser plays none of it. `mime` is what the
 * source buffer holds, if it holds anything.
 * @param {Placed} track
 * @param {Quality} quality
 * @param {Line} line
 * @param {number} ahead
 * @param {string} mime
 */
export function chosen(track, quality, line, ahead, mime) {
  const offered = (track.manifest?.renditions ?? []).filter(
    (one) => Source?.isTypeSupported(one.mime) && (CAN_CHANGE_TYPE || !mime || mime === one.mime),
  );
  return choose(offered, quality, track.hasBegun ? track.rendition : undefined, line, ahead);
}

/**
 * How long a byte is waited for, with `ahead` seconds buffered, after `retries` (seconds).
 * @param {number} ahead
 * @param {number} retries
 */
export function patienceWith(ahead, retries) {
  const first = Math.min(Math.max(ahead / 2, LEAST_PATIENCE_SECONDS), MOST_PATIENCE_SECONDS);
  return Math.min(first * 2 ** retries, LAST_PATIENCE_SECONDS);
}

/**
 * The initialization segment and the next segment of a track. Raises what `fetchRange` raises.
 * @param {Placed} track
 * @param {Rendition} rendition
 * @param {Line} line
 * @param {{ahead: () => number, retries: number, mayFall: boolean}} how `mayFall`: a smaller rendition can be had
 * @param {AbortSignal} signal
 * @returns {Promise<[Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>]>}
 */
export async function load(track, rendition, line, { ahead, retries, mayFall }, signal) {
  const url = streamOf(track.entry.id) + rendition.url;
  const patience = () => patienceWith(ahead(), retries);
  /** @param {number} from @param {number} to */
  const range = async (from, to) => {
    const began = performance.now();
    const bytes = await fetchRange(url, from, to, signal, patience, (had, seconds) => {
      const left = ((to - from) / had - 1) * seconds;
      return mayFall && seconds > JUDGED_AFTER_SECONDS && left > Math.max(ahead(), LEAST_SPARE_SECONDS);
    });
    line.carried(to - from, (performance.now() - began) / 1000);
    return bytes;
  };
  const [offset, size] = rendition.segments[track.next];
  const known = track.inits.get(rendition.mime);
  if (known) return [known, await range(offset, offset + size)];
  let init, media;
  if (track.next === 0) {
    const both = await range(0, offset + size); // an index lies between the two
    [init, media] = [both.subarray(0, rendition.init_bytes), both.subarray(offset)];
  } else {
    [init, media] = await Promise.all([range(0, rendition.init_bytes), range(offset, offset + size)]);
  }
  init = neutralized(init);
  track.inits.set(rendition.mime, init);
  return [init, media];
}
