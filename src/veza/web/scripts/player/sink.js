// One media source with one buffer, whose time line goes on for ever: what tracks are appended to.

import { same } from "./fragments.js";

/** A day and more. A place beyond it cannot be sought. */
const LONGEST_SECONDS = 1e6;

/** @type {typeof MediaSource | undefined} */
export const Source = globalThis.MediaSource ?? Reflect.get(globalThis, "ManagedMediaSource");
/** WebKitGTK has none: there all tracks are of one codec. */
export const CAN_CHANGE_TYPE = "changeType" in (Reflect.get(globalThis, "SourceBuffer")?.prototype ?? {});

export class Sink {
  /** @type {SourceBuffer | undefined} */
  #buffer;
  /** @type {(value?: unknown) => void} */
  giveUp = () => {};
  /** Of what is appended; empty before. */
  mime = "";
  /** The last one appended. @type {Uint8Array | undefined} */
  #init;

  /** Takes the element. @param {HTMLAudioElement} audio */
  constructor(audio) {
    if (!Source) throw new TypeError("there are no Media Source Extensions");
    this.source = new Source();
    /** @type {Promise<unknown>} */
    this.opened = new Promise((resolve) => {
      this.source.addEventListener("sourceopen", resolve, { once: true });
      this.giveUp = resolve;
    });
    audio.disableRemotePlayback = true; // ManagedMediaSource opens only then
    this.url = audio.src = URL.createObjectURL(this.source);
  }

  /** What waits for it waits no longer. */
  close() {
    URL.revokeObjectURL(this.url);
    this.giveUp();
  }

  /** Whether the system wants bytes; ManagedMediaSource says so. */
  get isHungry() {
    return Reflect.get(this.source, "streaming") !== false;
  }

  /** @returns {[number, number][]} */
  get buffered() {
    const ranges = this.#buffer?.buffered;
    return Array.from({ length: ranges?.length ?? 0 }, (_, at) => [ranges?.start(at) ?? 0, ranges?.end(at) ?? 0]);
  }

  /** The end of the stretch that `time` lies in; undefined outside of all. @param {number} time */
  endAt(time) {
    return this.buffered.find(([start, end]) => start - 0.001 <= time && time < end)?.[1];
  }

  /**
   * Append a segment; its initialization segment only where it is another than the last one, or a decoder starts anew.
   * @param {string} mime
   * @param {Uint8Array<ArrayBuffer>} init
   * @param {Uint8Array<ArrayBuffer>} media
   * @param {{start: number, end: number, offset: number}} window
   */
  async append(mime, init, media, window) {
    await this.opened;
    const buffer = (this.#buffer ??= this.source.addSourceBuffer(mime));
    if (this.mime && mime !== this.mime) {
      buffer.changeType(mime);
      this.#init = undefined;
    }
    this.mime = mime;
    this.reopen();
    buffer.timestampOffset = window.offset;
    if (!same(init, this.#init)) await this.#done(() => buffer.appendBuffer(init));
    this.#init = init;
    if (this.source.duration !== LONGEST_SECONDS) this.source.duration = LONGEST_SECONDS;
    buffer.appendWindowStart = 0;
    buffer.appendWindowEnd = window.end;
    buffer.appendWindowStart = window.start;
    await this.#done(() => buffer.appendBuffer(media));
  }

  /** @param {number} from @param {number} to */
  async remove(from, to = Infinity) {
    const buffer = this.#buffer;
    if (buffer && this.buffered.some(([start, end]) => start < to && from < end)) {
      await this.#done(() => buffer.remove(from, to));
    }
  }

  /** Something follows after all: an element cannot be sent behind the end of a source that has ended. */
  reopen() {
    const buffer = this.#buffer;
    if (!buffer || this.source.readyState !== "ended") return;
    buffer.timestampOffset += 0; // any value opens it
    this.source.duration = LONGEST_SECONDS;
  }

  /** Nothing follows. */
  end() {
    if (this.#buffer && this.source.readyState === "open") this.source.endOfStream();
  }

  /** @param {() => void} change */
  #done(change) {
    return new Promise((resolve, reject) => {
      const buffer = this.#buffer;
      if (!buffer) return resolve(undefined);
      buffer.onupdateend = resolve;
      buffer.onerror = () => reject(new Error("the browser cannot read a segment"));
      change();
    });
  }
}
