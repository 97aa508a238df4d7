// How loud the element plays: as the listener has chosen, and louder tracks are turned down, so that all are about as
// loud.

/** @import {Queue} from "./queue.js" */
/** @import {Choices, Levels, Queued} from "./types.js" */

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

/**
 * Turn the element to what the listener has chosen, and down for the queue's current track where that is loud.
 * @param {HTMLAudioElement} audio
 * @param {Choices} choices
 * @param {Levels | null} levels of the track; null while they are not known
 * @param {Queue} queue
 */
export function turn(audio, choices, levels, { entries, index }) {
  const volume = choices.volume * (choices.levels ? gainOf(lufsOf(levels, entries, index)) : 1);
  if (audio.volume !== volume) audio.volume = volume;
}
