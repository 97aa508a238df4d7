// The player of a page: a queue, an engine that plays it, and what a listener sees and does.

import { fetchManifest } from "./fetching.js";
import { FileEngine } from "./file_engine.js";
import { turn } from "./loudness.js";
import { Plays } from "./plays.js";
import { Queue } from "./queue.js";
import { Memory } from "./remembering.js";
import { useMediaSession } from "./session.js";
import { isSupported, StreamEngine } from "./stream_engine.js";

/** @import {Choices, Engine, Entry, Failure, FetchManifest, Heard, Quality, State} from "./types.js" */

/** Further into a track, “previous” goes to its start. */
const RESTARTS_AFTER_SECONDS = 3;
/** The position is told four times a second; nearer to its end, the next track is waited for. */
const NEAR_SECONDS = 0.5;
const LOOKED_AT = [
  "play", "pause", "playing", "waiting", "seeking", "seeked", "canplay", "timeupdate", "progress", "durationchange",
];

/**
 * A player on an element of the page, with the queue of the page before, paused.
 * @param {HTMLAudioElement} audio
 * @param {{fetchManifest?: FetchManifest, storage?: () => Storage, mediaSession?: MediaSession, plays?: Plays,
 *   hasMediaSource?: boolean}} options
 */
export function createPlayer(audio, options = {}) {
  const player = new Player(audio, options);
  useMediaSession(player, options.mediaSession ?? navigator.mediaSession);
  return player;
}

/**
 * Tells `change` (track, playing, waiting, blocked, error, choices), `queue` (its entries), `time` (position, what is
 * buffered) and `skipped` (detail: {entry, error}, a track that cannot be played).
 */
export class Player extends EventTarget {
  #queue = new Queue();
  /** Entries that could not be played. @type {Set<number>} */
  #gone = new Set();
  /** Whether the engine has begun: a queue of the page before is loaded once it is played. */
  #hasBegun = false;
  /** Where the current entry begins then (seconds). */
  #from = 0;
  #wantsSound = false;
  #isBlocked = false;
  /** @type {Failure | null} */
  #error = null;
  /** @type {Choices} */
  #choices;
  /** What the last `change` told of. */
  #told = "";
  /** Until the next track begins. @type {ReturnType<typeof setTimeout> | undefined} */
  #border;

  /**
   * @param {HTMLAudioElement} audio
   * @param {NonNullable<Parameters<typeof createPlayer>[1]>} options
   */
  constructor(audio, options) {
    super();
    this.audio = audio;
    this.memory = new Memory(options.storage ?? (() => localStorage));
    this.plays = options.plays ?? new Plays();
    const recalled = this.memory.recall(), player = this;
    this.#queue.restore(recalled.entries, recalled.index);
    this.#from = recalled.position;
    this.#choices = recalled.choices;
    this.#queue.isShuffled = recalled.choices.shuffle;
    this.#queue.repeats = recalled.choices.repeat;
    /** @type {Engine} */
    this.engine = new (options.hasMediaSource ?? isSupported ? StreamEngine : FileEngine)(audio, {
      fetchManifest: options.fetchManifest ?? fetchManifest,
      get quality() {
        return player.#choices.quality;
      },
      get wantsSound() {
        return player.#wantsSound;
      },
      after: (entry) => this.#queue.after(entry, this.#gone),
      skipped: (entry, error) => {
        this.#gone.add(entry.key);
        this.dispatchEvent(new CustomEvent("skipped", { detail: { entry, error } }));
      },
      failed: (failure) => this.#fail(failure),
      finished: () => this.#unload(),
    });
    for (const name of LOOKED_AT) audio.addEventListener(name, () => this.#look());
    audio.addEventListener("pause", () => {
      this.#wantsSound &&= audio.ended || !!audio.error; // else the listener or the system has paused it
    });
    audio.addEventListener("ended", () => this.#ended());
    addEventListener("online", () => {
      if (this.#error === "network" && !audio.paused) this.resume();
    });
    addEventListener("pagehide", () => {
      this.memory.keepPlace(this.state);
      this.plays.tell();
    });
    turn(audio, this.#choices, null, this.#queue);
  }

  /** @returns {State} */
  get state() {
    const heard = this.#followed(), { audio } = this, playing = this.#hasBegun && !audio.paused && !audio.ended;
    const track = this.#queue.current;
    return {
      track,
      index: this.#queue.index,
      position: heard ? heard.position : this.#from,
      duration: heard ? heard.duration : (track?.duration ?? 0),
      buffered: heard ? heard.buffered : 0,
      playing,
      blocked: this.#isBlocked,
      waiting: playing && (audio.seeking || audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA),
      error: this.#error,
      part: heard?.part ?? null,
      rung: heard?.rung ?? null,
      ...this.#choices,
    };
  }

  /** A copy of the queue. */
  get queue() {
    return [...this.#queue.entries];
  }

  /** Play these entries instead of what is in the queue, from `seconds` of one of them on. @param {Entry[]} entries */
  play(entries, index = 0, seconds = 0) {
    this.#queue.replace(entries, index);
    if (this.#queue.isShuffled) this.#queue.shuffle(true);
    this.#gone.clear();
    this.#begin(seconds);
    this.#queueChanged();
  }

  /** Put entries behind those put in before, and before what follows by itself; returns how many there was room for.
   * @param {...Entry} entries */
  enqueue(...entries) {
    const added = this.#queue.enqueue(entries);
    this.#queueChanged();
    return added;
  }

  /** @param {number} index */
  remove(index) {
    const wasCurrent = index === this.#queue.index, { playing } = this.state;
    this.#queue.remove(index);
    if (wasCurrent) {
      this.#from = 0;
      if (playing && this.#queue.current) this.#begin(0);
      else this.#unload();
    }
    this.#queueChanged();
  }

  /** @param {number} from @param {number} to where the entry stands afterwards */
  move(from, to) {
    this.#queue.move(from, to);
    this.#queue.entries[to].isAdded = true;
    this.#queueChanged();
  }

  /** Everything but the current entry leaves the queue. */
  clear() {
    this.#queue.clear();
    this.#queueChanged();
  }

  /** Play what follows by chance, or in its order again. @param {boolean} shuffles */
  setShuffle(shuffles) {
    this.#queue.shuffle(shuffles);
    this.#queueChanged();
    this.#choose({ shuffle: shuffles });
  }

  /** Begin anew behind the last entry. @param {boolean} repeats */
  setRepeat(repeats) {
    this.#queue.repeats = repeats;
    this.#queueChanged();
    this.#choose({ repeat: repeats });
  }

  pause() {
    this.audio.pause();
    this.memory.keepPlace(this.state);
  }

  /** Go on, after a pause, in the page that was loaded anew, or after an error. */
  resume() {
    const { current } = this.#queue;
    if (!current) return;
    if (!this.#hasBegun || this.#error) this.#begin(this.state.position);
    else if (this.audio.ended) this.jump(0);
    else this.#start();
  }

  /** Play another entry of the queue. @param {number} index */
  jump(index) {
    const entry = this.#queue.entries[index];
    if (!entry) return;
    this.#queue.index = index;
    this.#gone.delete(entry.key);
    if (!this.#hasBegun || this.#error) this.#begin(0);
    else {
      this.engine.jump(entry);
      this.#start();
    }
  }

  next() {
    const { current } = this.#queue, next = current && this.#queue.after(current, this.#gone);
    if (next) this.jump(this.#queue.find(next.key));
  }

  previous() {
    if (this.state.position > RESTARTS_AFTER_SECONDS || this.#queue.index < 1) this.seek(0);
    else this.jump(this.#queue.index - 1);
  }

  /** @param {number} seconds within the track */
  seek(seconds) {
    if (this.#error) this.#begin(seconds);
    else if (this.#hasBegun) this.engine.seek(seconds);
    else {
      this.#from = Math.min(Math.max(seconds, 0), this.#queue.current?.duration ?? 0);
      this.#claim();
    }
    this.#look();
  }

  get volume() {
    return this.#choices.volume;
  }

  set volume(volume) {
    this.#choose({ volume: Math.min(Math.max(volume, 0), 1) });
  }

  /** Whether loud tracks are turned down. @param {boolean} levels */
  setLevelling(levels) {
    this.#choose({ levels });
  }

  /** From a few seconds later on; between AAC and FLAC from the next track on. @param {Quality} quality */
  setQuality(quality) {
    this.#choose({ quality });
    const { waiting, position } = this.state;
    if (waiting) this.#begin(position);
    else if (this.#hasBegun && !this.#error) this.engine.refresh();
  }

  /** @param {number} seconds */
  #begin(seconds) {
    const entry = this.#queue.current;
    if (!entry) return this.#unload();
    this.#error = null;
    this.#hasBegun = true;
    this.engine.begin(entry, seconds);
    this.#start();
  }

  /** The browser may want a click first. */
  #start() {
    this.#claim();
    this.#wantsSound = true;
    this.#isBlocked = false;
    this.audio.play().catch((error) => {
      this.#isBlocked ||= error.name === "NotAllowedError";
      this.#look();
    });
  }

  /** What is played or sought here is what the next page has, even if another tab had kept its queue. */
  #claim() {
    if (this.memory.claim(this.#queue.entries)) this.memory.keepPlace(this.state);
  }

  #unload() {
    this.engine.stop();
    this.#wantsSound = false;
    this.#hasBegun = false;
    this.#from = 0;
    this.audio.pause();
    this.#look();
  }

  #ended() {
    const { current } = this.#queue, next = current && this.#queue.after(current, this.#gone);
    if (next && this.audio.ended) this.jump(this.#queue.find(next.key));
    else this.#look();
  }

  /** @param {Failure} failure */
  #fail(failure) {
    this.#error = failure;
    if (failure === "tracks") this.audio.pause();
    this.#look();
  }

  #queueChanged() {
    if (this.#hasBegun && !this.#error) this.engine.replan();
    this.memory.keepQueue(this.#queue.entries);
    this.memory.keepPlace(this.state);
    this.dispatchEvent(new Event("queue"));
    this.#look();
  }

  /** @param {Partial<Choices>} changed */
  #choose(changed) {
    this.#choices = { ...this.#choices, ...changed };
    this.memory.keepChoices(this.#choices);
    this.#look();
  }

  /** Where the engine is; the queue's current entry is the one that is heard. @returns {Heard | null} */
  #followed() {
    const heard = this.#hasBegun ? this.engine.current() : null, at = heard ? this.#queue.find(heard.entry.key) : -1;
    if (at >= 0) this.#queue.index = at;
    return heard;
  }

  /** See what has become of it all, and tell it. */
  #look() {
    const { position, buffered, ...rest } = this.state, told = JSON.stringify(rest), heard = this.#followed();
    this.plays.note(heard);
    turn(this.audio, this.#choices, heard?.levels ?? null, this.#queue);
    this.engine.wake();
    clearTimeout(this.#border);
    const left = rest.duration - position;
    if (rest.playing && left > 0 && left < NEAR_SECONDS) this.#border = setTimeout(() => this.#look(), left * 1000);
    if (rest.playing && this.memory.isPlaceOld) this.memory.keepPlace(this.state);
    if (told !== this.#told) {
      this.#told = told;
      this.dispatchEvent(new Event("change"));
    }
    this.dispatchEvent(new Event("time"));
  }
}
