// Levelling: louder tracks are turned down, so that all are about as loud.

/** @import {Entry} from "./types.js" */

/** What tracks are turned down to; softer ones stay as they are, since a media element cannot be turned up. */
export const TARGET_LUFS = -16;

/** What the volume is multiplied by. @param {Pick<Entry, "lufs"> | null} entry */
export function gainOf(entry) {
  return typeof entry?.lufs === "number" ? Math.min(1, 10 ** ((TARGET_LUFS - entry.lufs) / 20)) : 1;
}
