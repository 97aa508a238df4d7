// A track on the time line of the one media source that plays all of them.

/** @import {Manifest, Queued, Rendition} from "./types.js" */

/** FLAC alone: without it Firefox loses the last sample of a track. Of AAC it would let a sample too many through. */
const LOSSLESS_WIDER_SECONDS = 0.0005;
/** WebKit rounds a frame's time so that the first one would fall out of the window. */
const WEBKIT_LATER_SECONDS = 2e-6, WEBKIT_WIDER_SECONDS = 4e-6;
/** WebKit drops a frame that the window's end would cut; the next track's frames replace what is let through. */
export const TAIL_SECONDS = 0.03;

export class Placed {
  /** @type {Manifest | undefined} */
  manifest;
  /** The links of the manifest are over. */
  isStale = false;
  /** What is appended of it now. @type {Rendition | undefined} */
  rendition;
  /** Initialization segments, by type. @type {Map<string, Uint8Array<ArrayBuffer>>} */
  inits = new Map();
  /** The first segment that was appended, and the one to come. */
  first = 0;
  next = 0;
  /** Seconds after which it was cut, because the rest cannot be had. @type {number | undefined} */
  cut;

  /**
   * @param {Queued} entry
   * @param {number} start where on the time line it begins (seconds)
   * @param {number} from what is heard first (seconds of the track)
   */
  constructor(entry, start, from = 0) {
    this.entry = entry;
    this.start = start;
    this.from = from;
  }

  /**
   * Take a manifest, the first or one whose links are new. False where it is of another sound than what was appended.
   * @param {Manifest} manifest
   */
  take(manifest) {
    const before = this.manifest;
    if (before && this.hasBegun && before.version_id + before.part !== manifest.version_id + manifest.part) {
      return false;
    }
    if (before?.version_id !== manifest.version_id) this.inits.clear();
    this.manifest = manifest;
    this.isStale = false;
    if (!before) this.goTo(this.from);
    return true;
  }

  /** Append from the segment in which `seconds` lie. @param {number} seconds */
  goTo(seconds) {
    this.from = seconds;
    if (!this.manifest) return;
    const segments = this.manifest.renditions[0].segments;
    const later = segments.findIndex((_, number) => this.border(number) > seconds);
    this.first = this.next = (later < 0 ? segments.length : later) - 1;
  }

  /** Seconds of the track at which a segment begins, the same in every rendition. @param {number} number */
  border(number) {
    const rendition = this.rendition ?? this.manifest?.renditions[0];
    if (!rendition || number === 0) return 0;
    const segment = rendition.segments[number];
    return segment ? (segment[3] - rendition.priming_samples) / rendition.rate : this.duration;
  }

  get duration() {
    return this.cut ?? (this.manifest ? this.manifest.samples / this.manifest.rate : this.entry.duration);
  }

  get end() {
    return this.start + this.duration;
  }

  get isDone() {
    return this.cut !== undefined || (!!this.manifest && this.next >= this.manifest.renditions[0].segments.length);
  }

  get hasBegun() {
    return this.next > this.first;
  }

  /** As far as it is appended, on the time line. */
  get appendedEnd() {
    if (!this.manifest) return this.start + this.from;
    return this.start + (this.hasBegun ? this.border(this.next) : this.from);
  }

  /** End it where what was appended ends. */
  cutHere() {
    this.cut = this.border(this.next);
  }

  /**
   * The append window, and where the rendition's first coded sample lies: priming and padding fall outside.
   * @param {Rendition} rendition
   * @param {boolean} isWebKit
   */
  window(rendition, isWebKit) {
    const wider = rendition.priming_samples ? 0 : LOSSLESS_WIDER_SECONDS;
    return {
      start: Math.max(0, this.start - wider - (isWebKit ? WEBKIT_WIDER_SECONDS : 0)),
      end: this.end + wider,
      offset: this.start - rendition.priming_samples / rendition.rate + (isWebKit ? WEBKIT_LATER_SECONDS : 0),
    };
  }
}
