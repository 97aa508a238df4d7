// What is fetched from the server, and how it may fail.

/** @import {Entry, Manifest} from "./types.js" */

/** The server's answer is no; any other error is of the line. */
export class Refusal extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`the server answered ${status}`);
    this.status = status;
  }
}

/** No byte came for too long, or too few for the sound to go on. */
export class TooSlow extends Error {}

/**
 * Whether asking again may help: the server is busy or broken, or the answer did not arrive. A file without its range
 * (200) is of a proxy that is not itself.
 * @param {unknown} error
 */
export function mayPass(error) {
  if (error instanceof Refusal) return error.status >= 500 || [200, 408, 425, 429].includes(error.status);
  return !(error instanceof RangeError); // raised for what is no segment at all
}

/** @param {string} trackId */
export const streamOf = (trackId) => `/stream/${trackId}/`;

/**
 * How a track is played; begins a stream. Raises Refusal; TooSlow where no byte comes within `patience()` seconds.
 * @param {Entry} entry
 * @param {AbortSignal} signal
 * @param {() => number} patience
 * @returns {Promise<Manifest>}
 */
export async function fetchManifest(entry, signal, patience) {
  const token = entry.token ? `?token=${encodeURIComponent(entry.token)}` : "";
  return impatient(signal, patience, async (own, heard) => {
    const answer = await fetch(`${streamOf(entry.id)}manifest.json${token}`, { signal: own });
    if (!answer.ok || !answer.body) throw new Refusal(answer.status);
    const pieces = [], reader = answer.body.getReader();
    for (let read; !(read = await reader.read()).done; heard()) pieces.push(read.value);
    return JSON.parse(await new Blob(pieces).text());
  });
}

/**
 * The bytes from `from` to before `to`. Raises Refusal; TooSlow where no byte comes within `patience()` seconds, or
 * where `isHopeless(bytes, seconds)` says of what has come that the rest comes too late; other errors where the line
 * breaks.
 * @param {string} url
 * @param {number} from
 * @param {number} to
 * @param {AbortSignal} signal
 * @param {() => number} patience
 * @param {(bytes: number, seconds: number) => boolean} isHopeless
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function fetchRange(url, from, to, signal, patience, isHopeless) {
  const began = performance.now();
  return impatient(signal, patience, async (own, heard) => {
    const answer = await fetch(url, { headers: { Range: `bytes=${from}-${to - 1}` }, signal: own });
    if (answer.status !== 206 || !answer.body) throw new Refusal(answer.status);
    const bytes = new Uint8Array(to - from), reader = answer.body.getReader();
    let had = 0;
    for (let read; !(read = await reader.read()).done; ) {
      bytes.set(read.value, had);
      had += read.value.length;
      heard();
      if (isHopeless(had, (performance.now() - began) / 1000)) throw new TooSlow();
    }
    if (had < bytes.length) throw new Error(`${had} of ${bytes.length} bytes came`);
    return bytes;
  });
}

/**
 * What `ask` comes to, ended by TooSlow where it does not call `heard` for `patience()` seconds, and with `signal`.
 * @template T
 * @param {AbortSignal} signal
 * @param {() => number} patience
 * @param {(own: AbortSignal, heard: () => void) => Promise<T>} ask
 * @returns {Promise<T>}
 */
async function impatient(signal, patience, ask) {
  const own = new AbortController();
  const stop = () => own.abort(new TooSlow());
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(stop, patience() * 1000);
  };
  signal.addEventListener("abort", stop);
  try {
    wait();
    return await ask(own.signal, wait);
  } catch (error) {
    own.abort(); // the rest is not wanted; an answer that came whole leaves its connection open
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
