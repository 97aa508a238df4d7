// Plays track after track as a file each, for browsers without Media Source Extensions: HLS where they know it, else
// an ordinary file. Between two tracks there is a gap.

import { streamOf } from "./fetching.js";

/** @import {Engine, Host, Levels, Queued} from "./types.js" */

const HLS = "application/vnd.apple.mpegurl";
const MOST_SKIPPED = 5;
const PATIENCE_SECONDS = 10;

/** @implements {Engine} */
export class FileEngine {
  /** @type {Queued | undefined} */
  #entry;
  /** One for each hearing. */
  #hearing = {};
  #skipped = 0;
  /** Where to begin once the file is known (seconds). */
  #from = 0;
  /** @type {Levels | null} */
  #levels = null;
  #asking = new AbortController();

  /**
   * @param {HTMLAudioElement} audio
   * @param {Host} host
   */
  constructor(audio, host) {
    this.audio = audio;
    this.host = host;
    audio.addEventListener("loadedmetadata", () => {
      if (this.#from) audio.currentTime = this.#from;
      this.#from = 0;
    });
    audio.addEventListener("playing", () => {
      this.#skipped = 0;
    });
    audio.addEventListener("error", () => this.#skip());
  }

  /** @param {Queued} entry @param {number} seconds */
  begin(entry, seconds) {
    this.#skipped = 0;
    this.#load(entry, seconds);
  }

  /** @param {Queued} entry */
  jump(entry) {
    this.begin(entry, 0);
  }

  /** @param {number} seconds */
  seek(seconds) {
    if (this.audio.readyState) this.audio.currentTime = Math.max(seconds, 0);
    else this.#from = seconds;
  }

  replan() {}

  refresh() {}

  wake() {}

  stop() {
    this.#entry = undefined;
    this.#asking.abort();
  }

  current() {
    const entry = this.#entry, { audio } = this;
    if (!entry) return null;
    const { buffered } = audio, position = this.#from || audio.currentTime;
    return {
      entry,
      position,
      duration: Number.isFinite(audio.duration) ? audio.duration : entry.duration,
      buffered: buffered.length ? buffered.end(buffered.length - 1) : position,
      part: null,
      rung: null,
      levels: this.#levels,
      beacon: null, // the server counts by what is fetched
      hearing: this.#hearing,
    };
  }

  /** @param {Queued} entry @param {number} seconds */
  #load(entry, seconds) {
    this.#entry = entry;
    this.#hearing = {};
    this.#from = seconds;
    const name = this.audio.canPlayType(HLS) ? "master.m3u8" : "audio.m4a";
    this.audio.src = `${streamOf(entry.id)}${name}${entry.token ? `?token=${encodeURIComponent(entry.token)}` : ""}`;
    if (this.host.wantsSound) this.audio.play().catch(() => {});
    this.#askLevels(entry);
  }

  /**
   * How loud the track is stands in its manifest. It is turned down by the element's volume alone: Safari's own HLS does
   * not pass through an AudioContext, and sound that does stops when a phone locks.
   * @param {Queued} entry
   */
  async #askLevels(entry) {
    this.#levels = null;
    this.#asking.abort();
    if (!canBeTurned()) return;
    const { signal } = (this.#asking = new AbortController());
    try {
      const { track_lufs, release_lufs } = await this.host.fetchManifest(entry, signal, () => PATIENCE_SECONDS);
      if (!signal.aborted) this.#levels = { track: track_lufs, release: release_lufs };
    } catch {
      // It plays as loud as it is.
    }
  }

  #skip() {
    const entry = this.#entry;
    if (!entry) return;
    this.host.skipped(entry, this.audio.error);
    const next = this.host.after(entry);
    if ((this.#skipped += 1) > MOST_SKIPPED) this.host.failed("tracks");
    else if (next) this.#load(next, 0);
    else this.host.finished();
  }
}

/** On iPhones the volume of an element stays that of the device. */
function canBeTurned() {
  const probe = new Audio();
  probe.volume = 0.5;
  return probe.volume === 0.5;
}
