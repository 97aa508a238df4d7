// Telling the server how much of a track was heard (docs/plays.md).

/** @import {Heard} from "./types.js" */

const NEEDED_SECONDS = 30;
/** Or half the track: then a play is a listen for ListenBrainz, too (docs/scrobbling.md). */
const LISTEN_SECONDS = 240;
/** After an answer “not yet”. */
const AGAIN_SECONDS = 15;
/** Between two looks at the position; a larger step is a jump. */
const LONGEST_STEP_SECONDS = 2;

/** Counts what is heard of one hearing after the other. */
export class Plays {
  /** @type {Heard | null} */
  #heard = null;
  #seconds = 0;
  /** Tell when as much was heard; infinite once the server needs no more. */
  #tellAt = 0;

  /** @param {(url: string) => Promise<string>} send tells, and says what became of it */
  constructor(send = post) {
    this.send = send;
  }

  /** What is heard now; asked often. @param {Heard | null} heard */
  note(heard) {
    if (heard?.hearing !== this.#heard?.hearing) {
      this.tell();
      this.#seconds = 0;
      this.#tellAt = Math.min(NEEDED_SECONDS, (heard?.duration ?? 0) / 2);
    } else if (heard && this.#heard) {
      const step = heard.position - this.#heard.position;
      if (step > 0 && step < LONGEST_STEP_SECONDS) this.#seconds += step;
    }
    this.#heard = heard;
    if (this.#seconds >= this.#tellAt) this.tell();
  }

  /** The listener leaves the track or the page. */
  async tell() {
    const heard = this.#heard;
    if (!heard?.beacon || this.#seconds < Math.min(NEEDED_SECONDS, heard.duration / 2) || this.#tellAt === Infinity) {
      return;
    }
    const told = this.#seconds;
    this.#tellAt = told + AGAIN_SECONDS;
    const state = await this.send(`${heard.beacon}&heard_ms=${Math.round(told * 1000)}`);
    if (this.#heard?.hearing !== heard.hearing) return;
    const listen = Math.min(LISTEN_SECONDS, heard.duration / 2);
    if (state === "never") this.#tellAt = Infinity;
    if (state === "counted") this.#tellAt = told < listen ? listen : Infinity;
  }
}

/** @param {string} url */
async function post(url) {
  try {
    const answer = await fetch(url, { method: "POST", keepalive: true });
    return (await answer.json()).state;
  } catch {
    return "unheard";
  }
}
