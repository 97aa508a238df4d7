// Levelling: louder tracks are turned down, so that all are about as loud.

/** @import {Levels, Queued} from "./types.js" */

/** What tracks are turned down to; softer ones stay as they are, since a media element cannot be turned up. */
export const TARGET_LUFS = -16;

/** What the volume is multiplied by for a sound as loud as this. @param {number | null} lufs */
export function gainOf(lufs) {
  return lufs === null ? 1 : Math.min(1, 10 ** ((TARGET_LUFS - lufs) / 20));
}

/**
 * What the track at `index` of a queue is levelled by: where another one of its release stands beside it, how loud the
 * release is, so that its tracks keep their distances; else how loud the track is.
 * @param {Levels | null} levels
 * @param {Queued[]} queue
 * @param {number} index
 */
export function lufsOf(levels, queue, index) {
  const entry = queue[index], neighbours = [queue[index - 1], queue[index + 1]];
  const isAmongItsOwn = neighbours.some((one) => one && one.release === entry.release && one.artist === entry.artist);
  return (isAmongItsOwn ? levels?.release : levels?.track) ?? null;
}
