// What of a page goes into the queue: rows of tracks as they stand there, or a release that is asked for.

/** @import {Entry} from "./player/types.js" */

const COVER_SIDE = 256;

/** The rows of the list that `row` stands in, as entries, and where it stands among them. @param {HTMLElement} row */
export function entriesAround(row) {
  const rows = [...(row.parentElement?.children ?? [])].filter((one) => one instanceof HTMLElement && playable(one));
  return { entries: rows.map((one) => entryOf(/** @type {HTMLElement} */ (one))), index: rows.indexOf(row) };
}

/** @param {Element} row */
function playable(row) {
  return row.querySelector("[data-play-track]") !== null;
}

/** @param {HTMLElement} row @returns {Entry} */
export function entryOf(row) {
  const { track = "", title = "", artist = "", release = "", releaseId, cover, palette, seconds = "0" } = row.dataset;
  const duration = Number(seconds), url = `/tracks/${track}`;
  return { id: track, title, artist, release, releaseId, cover: cover || null, palette: palette || null, duration, url };
}

/** The tracks of a release that have a sound. @param {string} id @returns {Promise<Entry[]>} */
export async function entriesOfRelease(id) {
  const answer = await fetch(`/api/v1/releases/${id}`);
  if (!answer.ok) throw new Error(`the release answered ${answer.status}`);
  const release = await answer.json();
  return release.tracks.filter(hasSound).map(entryOfApi);
}

/** @param {string} id @returns {Promise<Entry[]>} */
export async function entriesOfTrack(id) {
  const answer = await fetch(`/api/v1/tracks/${id}`);
  if (!answer.ok) throw new Error(`the track answered ${answer.status}`);
  return [entryOfApi(await answer.json())];
}

/** @param {{audio_state: string}} track */
function hasSound(track) {
  return track.audio_state === "ready" || track.audio_state === "processing";
}

/** @param {any} track @returns {Entry} */
function entryOfApi(track) {
  const side = track.cover?.sizes.find((/** @type {number} */ one) => one >= COVER_SIDE) ?? track.cover?.sizes.at(-1);
  return {
    id: track.id,
    title: track.title,
    artist: track.artist_name,
    release: track.release_title,
    releaseId: track.release_id,
    cover: side ? `/covers/${track.cover.id}/${side}.webp` : null,
    palette: track.cover?.palette ?? null,
    duration: (track.duration_ms ?? 0) / 1000,
    url: `/tracks/${track.id}`,
  };
}
