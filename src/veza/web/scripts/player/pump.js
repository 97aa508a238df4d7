// Appends segment after segment of track after track, as far ahead as is good, and mends what fails on the way.
// Why each step is as it is was measured in three browsers (docs/decisions/0072).

import { mayPass, Refusal, TooSlow } from "./fetching.js";
import { chosen, load, patienceWith } from "./loading.js";
import { Placed, TAIL_SECONDS } from "./placed.js";
import { isLossless, Line } from "./rungs.js";
import { CAN_CHANGE_TYPE } from "./sink.js";

/** @import {Sink} from "./sink.js" */
/** @import {Failure, Host, Queued, Rendition} from "./types.js" */

/** What is buffered before and kept behind the current position; a source buffer holds about 12 MB. */
const AHEAD_SECONDS = 60, LOSSLESS_AHEAD_SECONDS = 30, BEHIND_SECONDS = 15, LEAST_BEHIND_SECONDS = 1;
const AFTER_QUOTA = 0.8;
const LOOKS_EVERY_SECONDS = 1;
const FIRST_PAUSE_SECONDS = 0.25, LONGEST_PAUSE_SECONDS = 8;
/** Two minutes of pauses. */
const MOST_RETRIES = 20;
const MOST_SKIPPED = 5, MOST_RELOADS = 3, MOST_HEALED = 3;
/** Positions of an element are rounded. */
const TOLERANCE_SECONDS = 0.001;
const IS_WEBKIT = /^Apple/.test(globalThis.navigator?.vendor ?? "");

export class Pump {
  /** @type {Sink | undefined} */
  sink;
  /** On the time line; those that are over while they are buffered. All but the last are appended. @type {Placed[]} */
  tracks = [];
  /** All that was ever appended ends before it (seconds). */
  reached = 0;
  /** What an append is under way of. @type {Placed | undefined} */
  appending;
  /** What no rendition of can be appended to this source; a new one takes it. @type {Placed | undefined} */
  waiting;
  /** The entry after which the next one is placed. @type {Queued | undefined} */
  #last;
  /** Where the element goes as soon as it can (seconds). @type {number | undefined} */
  #target;
  #line = new Line();
  #most = AHEAD_SECONDS;
  #keepsTails = false;
  #run = { ending: new AbortController(), done: Promise.resolve() };
  #wake = () => {};
  #retries = 0;
  #reloads = 0;
  #skipped = 0;
  #healed = { times: 0, at: 0 };

  /**
   * @param {HTMLAudioElement} audio
   * @param {Host} host
   * @param {(track: Placed) => void} broken the browser cannot read a segment of the track
   */
  constructor(audio, host, broken) {
    this.audio = audio;
    this.host = host;
    this.broken = broken;
  }

  /** Of the time line. */
  time() {
    return this.#target ?? this.audio.currentTime;
  }

  current() {
    const time = this.time() + TOLERANCE_SECONDS;
    return this.tracks.findLast((one) => one.start <= time) ?? this.tracks[0];
  }

  /** What failed until now counts no more: the listener wants something. */
  forgive() {
    this.#skipped = this.#retries = this.#reloads = 0;
    this.#most = AHEAD_SECONDS;
  }

  /** Buffer nothing but `track`, from where it says on. @param {Placed} track */
  start(track) {
    this.waiting = undefined;
    this.tracks = [track];
    this.#last = track.entry;
    this.#target = track.start + track.from;
    this.sink?.reopen();
    if (this.audio.readyState) this.audio.currentTime = this.#target; // what plays is over at once
    this.#begin(() => this.sink?.remove(0));
  }

  /** @param {Placed} track @param {number} seconds */
  restart(track, seconds) {
    track.cut = undefined;
    track.goTo(seconds);
    this.start(track);
  }

  /** Only the first tracks stay, and what is buffered until `time`. @param {number} kept */
  keep(kept, time = this.tracks[kept]?.start) {
    this.waiting = undefined;
    this.tracks.splice(kept);
    this.#last = this.tracks.at(-1)?.entry ?? this.#last;
    if (time === undefined) this.wake();
    else this.#begin(() => this.sink?.remove(time));
  }

  /** @param {number} time */
  goTo(time) {
    this.#target = undefined;
    if (Math.abs(this.audio.currentTime - time) > TOLERANCE_SECONDS) this.audio.currentTime = time;
    this.wake();
  }

  /** Look around: there may be something to do. */
  wake() {
    this.#wake();
  }

  stop() {
    this.#run.ending.abort();
  }

  /** A track is left out; false where that has been too often. @param {Placed} track @param {unknown} error */
  skip(track, error) {
    this.host.skipped(track.entry, error);
    this.#skipped += 1;
    if (this.#skipped > MOST_SKIPPED) this.#fail("tracks");
    return this.#skipped <= MOST_SKIPPED;
  }

  /** End what is under way, make a change, and go on. @param {() => Promise<void> | undefined} change */
  #begin(change) {
    this.stop();
    const before = this.#run.done, ending = new AbortController();
    const run = async () => {
      await before;
      try {
        await change();
        while (!ending.signal.aborted) await this.#step(ending.signal);
      } catch (error) {
        if (ending.signal.aborted) return;
        reportError(error);
        this.#fail("tracks");
      }
    };
    this.#run = { ending, done: run() };
  }

  /** @param {Failure} failure */
  #fail(failure) {
    this.stop();
    this.host.failed(failure);
  }

  /** Seconds that are appended beyond the position. */
  #ahead() {
    return (this.tracks.at(-1)?.appendedEnd ?? -Infinity) - this.time();
  }

  /** One track placed, one segment appended, or one look around. @param {AbortSignal} signal */
  async #step(signal) {
    const last = this.tracks.at(-1);
    const most = last?.rendition && isLossless(last.rendition) ? LOSSLESS_AHEAD_SECONDS : AHEAD_SECONDS;
    if (this.#heals()) return;
    if (this.#ahead() > Math.min(most, this.#most) || !this.sink?.isHungry) {
      await this.#evict(BEHIND_SECONDS);
      await this.#sleep(LOOKS_EVERY_SECONDS, signal);
    } else if (!last || last.isDone) await this.#place(last, signal);
    else await this.#append(last, this.sink, signal);
  }

  /** @param {Placed | undefined} last @param {AbortSignal} signal */
  async #place(last, signal) {
    const entry = this.#last && this.host.after(this.#last);
    if (entry) {
      this.#last = entry;
      this.#most = AHEAD_SECONDS;
      this.tracks.push(new Placed(entry, last?.end ?? this.time()));
    } else {
      if (last) this.sink?.end();
      else this.host.finished();
      await this.#sleep(Infinity, signal);
    }
  }

  /** Append the next segment of a track. @param {Placed} track @param {Sink} sink @param {AbortSignal} signal */
  async #append(track, sink, signal) {
    let rendition, loaded;
    try {
      if (!track.manifest || track.isStale) {
        const patience = () => patienceWith(this.#ahead(), this.#retries);
        if (!track.take(await this.host.fetchManifest(track.entry, signal, patience))) throw new Refusal(404);
      }
      const { quality } = this.host;
      const found = chosen(track, quality, this.#line, this.#ahead(), sink.mime);
      if (!found) return this.#wait(track, sink, signal);
      rendition = track.rendition = found;
      const mayFall = quality === "auto" && !!track.manifest?.renditions.some((one) => one.bandwidth < found.bandwidth);
      const how = { ahead: () => this.#ahead(), retries: this.#retries, mayFall };
      loaded = await load(track, rendition, this.#line, how, signal);
    } catch (error) {
      if (!signal.aborted) await this.#mend(track, error, signal);
      return;
    }
    if (signal.aborted) return;
    try {
      this.appending = track;
      await this.#write(sink, track, rendition, loaded);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof DOMException) || error.name !== "QuotaExceededError") return this.broken(track);
      this.#most = AFTER_QUOTA * Math.max(this.#ahead(), 0);
      await this.#evict(LEAST_BEHIND_SECONDS);
      return this.#sleep(LOOKS_EVERY_SECONDS, signal);
    } finally {
      this.appending = undefined;
    }
    this.#retries = this.#reloads = this.#skipped = 0;
    if (this.#target !== undefined && !signal.aborted) this.goTo(this.#target);
  }

  /**
   * @param {Sink} sink
   * @param {Placed} track
   * @param {Rendition} rendition
   * @param {[Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>]} segments
   */
  async #write(sink, track, rendition, [init, media]) {
    const window = track.window(rendition, IS_WEBKIT), isLossy = rendition.priming_samples > 0;
    if (this.#keepsTails && isLossy) window.end += TAIL_SECONDS;
    await sink.append(rendition.mime, init, media, window);
    track.next += 1;
    this.reached = Math.max(this.reached, track.appendedEnd);
    const end = sink.endAt(track.end - TAIL_SECONDS) ?? track.end;
    if (track.isDone && isLossy && !this.#keepsTails && end < track.end - TOLERANCE_SECONDS) {
      this.#keepsTails = true; // this browser drops a frame that the window would cut
      await sink.append(rendition.mime, init, media, { ...window, end: window.end + TAIL_SECONDS });
    }
  }

  /**
   * The source buffer takes no rendition of the track: a new source does, once the other tracks have been heard.
   * @param {Placed} track
   * @param {Sink} sink
   * @param {AbortSignal} signal
   */
  async #wait(track, sink, signal) {
    if (!sink.mime || CAN_CHANGE_TYPE) return this.#drop(track, new Refusal(406));
    this.waiting = track;
    sink.end();
    await this.#sleep(Infinity, signal);
  }

  /** @param {Placed} track @param {unknown} error @param {AbortSignal} signal */
  async #mend(track, error, signal) {
    const isOfSegment = track.manifest && !track.isStale;
    if (mayPass(error)) {
      if (error instanceof TooSlow && track.rendition) this.#line.failed(track.rendition);
      this.#retries += 1;
      if (this.#retries > MOST_RETRIES) return this.#fail("network");
      const pause = Math.min(FIRST_PAUSE_SECONDS * 2 ** (this.#retries - 1), LONGEST_PAUSE_SECONDS);
      await this.#sleep(pause * (0.5 + Math.random()), signal, false);
    } else if (isOfSegment && error instanceof Refusal && error.status !== 404 && this.#reloads < MOST_RELOADS) {
      this.#reloads += 1;
      track.isStale = true; // its links are over
    } else this.#drop(track, error);
  }

  /** The next track takes the place of what cannot be had of this one. @param {Placed} track @param {unknown} error */
  #drop(track, error) {
    if (track.hasBegun) track.cutHere();
    else {
      this.tracks.pop();
      if (!this.tracks.length) this.#target = track.start;
    }
    this.skip(track, error);
  }

  /** Fetch again what the browser has thrown away, or has never taken; true where that had to be. */
  #heals() {
    const track = this.current(), time = this.time();
    if (!track || this.audio.paused || this.audio.readyState > 2 || this.#target !== undefined) return false;
    if (track.appendedEnd < time + LOOKS_EVERY_SECONDS || this.sink?.endAt(time) !== undefined) return false;
    const { at, times } = this.#healed;
    this.#healed = { at: time, times: Math.abs(at - time) < LOOKS_EVERY_SECONDS ? times + 1 : 1 };
    if (this.#healed.times > MOST_HEALED) this.#fail("tracks");
    else this.restart(track, time - track.start);
    return true;
  }

  /** @param {number} behind seconds that are kept */
  async #evict(behind) {
    const before = this.audio.currentTime - behind, [first] = this.sink?.buffered ?? [];
    if (!first || first[0] > before - LOOKS_EVERY_SECONDS) return;
    const current = this.current();
    this.tracks = this.tracks.filter((one) => one === current || one.end > before);
    await this.sink?.remove(0, before);
  }

  /**
   * Until the time is over, the pump is ended, the line is back, or there is something to look at.
   * @param {number} seconds
   * @param {AbortSignal} signal
   */
  async #sleep(seconds, signal, isWoken = true) {
    if (signal.aborted) return;
    const over = new AbortController();
    await new Promise((resolve) => {
      const wake = () => resolve(undefined);
      if (isWoken) this.#wake = wake;
      signal.addEventListener("abort", wake, { signal: over.signal });
      addEventListener("online", wake, { signal: over.signal });
      if (seconds < Infinity) setTimeout(wake, seconds * 1000);
    });
    over.abort();
  }
}
