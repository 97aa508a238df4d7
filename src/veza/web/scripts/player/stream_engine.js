// Plays the queue as one endless sound: all tracks, one behind the other, on the time line of one media source.

import { streamOf } from "./fetching.js";
import { Placed } from "./placed.js";
import { Pump } from "./pump.js";
import { isLossless } from "./rungs.js";
import { CAN_CHANGE_TYPE, Sink, Source } from "./sink.js";

/** @import {Engine, Host, Queued} from "./types.js" */

/** So many seconds after the position stay as they were buffered when another quality is chosen. */
const SPARED_SECONDS = 4;
/** Of a track that is sought to its end, as much is heard: the end itself lies outside of what is buffered. */
const LAST_SECONDS = 0.05;
const TOLERANCE_SECONDS = 0.001;

export const isSupported = !!Source;

/** @implements {Engine} */
export class StreamEngine {
  /**
   * @param {HTMLAudioElement} audio
   * @param {Host} host
   */
  constructor(audio, host) {
    this.audio = audio;
    this.host = host;
    this.pump = new Pump(audio, host, (track) => this.#replace(track));
    audio.addEventListener("error", () => {
      const broken = this.pump.appending ?? this.pump.current();
      if (broken && audio.src === this.pump.sink?.url) this.#replace(broken);
    });
    audio.addEventListener("ended", () => {
      const { waiting } = this.pump;
      if (!waiting) return;
      this.begin(waiting.entry, 0);
      this.#play();
    });
  }

  /** @param {Queued} entry @param {number} seconds */
  begin(entry, seconds) {
    const { pump } = this;
    if (!pump.sink || this.audio.error || !CAN_CHANGE_TYPE) this.#open();
    pump.forgive();
    pump.start(new Placed(entry, Math.ceil(pump.reached), seconds));
  }

  /** @param {Queued} entry */
  jump(entry) {
    const { pump } = this, { tracks } = pump, current = pump.current();
    const later = tracks.slice(current ? tracks.indexOf(current) + 1 : 0);
    const placed = [...later, ...tracks].find((one) => one.entry.key === entry.key);
    if (!placed || pump.sink?.endAt(placed.start + TOLERANCE_SECONDS) === undefined) return this.begin(entry, 0);
    pump.goTo(placed.start);
    this.replan();
  }

  /** @param {number} seconds */
  seek(seconds) {
    const { pump } = this, track = pump.current();
    if (!track) return;
    const within = Math.max(Math.min(seconds, track.duration - LAST_SECONDS), 0), time = track.start + within;
    const isAppended = track.hasBegun && within >= track.border(track.first) && time < track.appendedEnd;
    if (isAppended && pump.sink?.endAt(time) !== undefined) pump.goTo(time);
    else pump.restart(track, within);
  }

  replan() {
    const { pump } = this, { tracks } = pump, track = pump.current();
    let kept = track ? tracks.indexOf(track) + 1 : 0;
    while (kept && kept < tracks.length) {
      if (this.host.after(tracks[kept - 1].entry)?.key !== tracks[kept].entry.key) break;
      kept += 1;
    }
    pump.keep(kept);
  }

  refresh() {
    const { pump } = this, track = pump.current();
    if (!track) return;
    const spared = pump.time() - track.start + SPARED_SECONDS;
    if (!(track.rendition && isLossless(track.rendition)) && track.cut === undefined) {
      while (track.next > track.first + 1 && track.border(track.next - 1) > spared) track.next -= 1;
    }
    pump.keep(pump.tracks.indexOf(track) + 1, track.appendedEnd);
  }

  wake() {
    this.pump.wake();
  }

  stop() {
    this.pump.stop();
  }

  current() {
    const { pump } = this, track = pump.current();
    if (!track) return null;
    const time = pump.time();
    const link = track.manifest?.part === "whole" ? track.manifest.renditions[0].url.split("?")[1] : "";
    /** @param {number} at */
    const within = (at) => Math.min(Math.max(at - track.start, 0), track.duration);
    return {
      entry: track.entry,
      position: within(time),
      duration: track.duration,
      buffered: within(pump.sink?.endAt(time) ?? time),
      part: track.manifest?.part ?? null,
      rung: track.rendition?.rung ?? null,
      levels: track.manifest ? { track: track.manifest.track_lufs, release: track.manifest.release_lufs } : null,
      beacon: link ? `${streamOf(track.entry.id)}beacon?${link}` : null,
      hearing: track,
    };
  }

  #play() {
    this.audio.play().catch(() => {}); // a browser that let it play before does so again
  }

  #open() {
    const { pump } = this;
    pump.sink?.close();
    pump.reached = 0;
    pump.sink = new Sink(this.audio);
    pump.sink.source.addEventListener("startstreaming", () => pump.wake());
  }

  /** The browser gives the source up because of a track: a new one goes on without it. @param {Placed} broken */
  #replace(broken) {
    const { pump } = this, heard = pump.current(), seconds = this.current()?.position ?? 0;
    if (!pump.skip(broken, this.audio.error)) return;
    const stays = heard && heard !== broken, entry = stays ? heard.entry : this.host.after(broken.entry);
    if (!entry) return this.host.finished();
    this.#open();
    pump.start(new Placed(entry, 0, stays ? seconds : 0));
    if (this.host.wantsSound) this.#play();
  }
}
