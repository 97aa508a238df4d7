/** What a page puts into the queue. Times are seconds. */
export interface Entry {
  /** The track's id. */
  id: string;
  title: string;
  artist: string;
  /** The title of its release. */
  release: string;
  /** The id of its release, where the page says it. */
  releaseId?: string;
  /** The address of a square picture, or none. */
  cover: string | null;
  /** The palette of that picture, whose colours the player wears; none for the house's. */
  palette?: string | null;
  duration: number;
  /** The track's page. */
  url: string;
  /** Of the link that was mailed to a buyer without an account. */
  token?: string | null;
}

/** An entry of the queue; the same track may stand in it twice, under two keys. */
export interface Queued extends Entry {
  key: number;
  /** The listener put it where it stands; others follow by themselves. */
  isAdded?: boolean;
}

/** `64` to `256`: kbit/s of AAC at most; `auto`: what the line carries of them. */
export type Quality = "auto" | "64" | "128" | "256" | "flac";

/** One rung of a track (docs/audio.md, “The manifest”). A segment is [offset, bytes, samples, first sample]. */
export interface Rendition {
  rung: string;
  url: string;
  mime: string;
  rate: number;
  samples: number;
  priming_samples: number;
  padding_samples: number;
  bandwidth: number;
  init_bytes: number;
  size_bytes: number;
  segments: [number, number, number, number][];
}

export interface Manifest {
  track_id: string;
  version_id: string;
  part: "whole" | "preview";
  rate: number;
  samples: number;
  track_lufs: number | null;
  release_lufs: number | null;
  renditions: Rendition[];
}

/** How loud a track is, and its release as one piece (LUFS); null for silence. */
export interface Levels {
  track: number | null;
  release: number | null;
}

/** Raises Refusal where the server says no, TooSlow where no byte comes within `patience()` seconds. */
export type FetchManifest = (entry: Entry, signal: AbortSignal, patience: () => number) => Promise<Manifest>;

/** `network`: the line was gone for too long; `tracks`: track after track could not be played. */
export type Failure = "network" | "tracks";

/** What a listener has chosen; kept for the next visit. */
export interface Choices {
  quality: Quality;
  /** From 0 to 1. */
  volume: number;
  shuffle: boolean;
  /** Behind the last track of the queue the first one follows. */
  repeat: boolean;
  /** Loud tracks are turned down. */
  levels: boolean;
}

/** What a listener sees of the player. Times are seconds within the track. */
export interface State extends Choices {
  track: Queued | null;
  /** Of the track in the queue; −1 where the queue is empty. */
  index: number;
  position: number;
  duration: number;
  /** As far as the track can be heard without waiting. */
  buffered: number;
  /** Sound comes, or is waited for. */
  playing: boolean;
  /** The browser wants a click before it plays. */
  blocked: boolean;
  waiting: boolean;
  /** Latched: only `resume`, `play` and the like try again. */
  error: Failure | null;
  /** `preview` where the listener may hear no more of the track; null before that is known. */
  part: "whole" | "preview" | null;
  /** What is played now (`aac128`, `flac`, …). */
  rung: string | null;
}

/** What an engine asks of the player. */
export interface Host {
  fetchManifest: FetchManifest;
  quality: Quality;
  /** The listener wants sound: an element pauses by itself where its source is another. */
  wantsSound: boolean;
  /** The entry that is played after this one. */
  after(entry: Queued): Queued | undefined;
  /** The track cannot be played; the one after it takes its place. */
  skipped(entry: Queued, error: unknown): void;
  failed(failure: Failure): void;
  /** All that was to be played is over, or there was nothing. */
  finished(): void;
}

/** A way to play the queue: the one with Media Source Extensions, or the one with a file for each track. */
export interface Engine {
  /** Play `entry` from `seconds` on. */
  begin(entry: Queued, seconds: number): void;
  /** Go to `entry`, at once where it is buffered. */
  jump(entry: Queued): void;
  seek(seconds: number): void;
  /** The queue behind the current entry is another. */
  replan(): void;
  /** Another quality is wanted: of AAC from a few seconds later on, between AAC and FLAC from the next track on. */
  refresh(): void;
  /** Look around: time has passed, or the line is back. */
  wake(): void;
  stop(): void;
  current(): Heard | null;
}

/** Where an engine is. */
export interface Heard {
  entry: Queued;
  position: number;
  duration: number;
  buffered: number;
  part: "whole" | "preview" | null;
  rung: string | null;
  /** Null while they are not known. */
  levels: Levels | null;
  /** Where plays are told (docs/plays.md); none for a preview. */
  beacon: string | null;
  /** A hearing of its own: the same entry heard twice is two. */
  hearing: object;
}
