// What the browser keeps for the next page that is loaded: queue, position, volume and quality.

/** @import {Choices, Entry} from "./types.js" */

const QUEUE = "veza.player.queue", PLACE = "veza.player.place", CHOICES = "veza.player.choices";
const QUALITIES = ["auto", "64", "128", "256", "flac"];
const KEEPS_PLACE_EVERY_SECONDS = 5;

/**
 * All tabs keep one queue: the one that was played or changed last, with the place of the tab that did so. An idle tab, or
 * one whose queue is not kept any more, leaves both alone.
 *
 * Storage may be forbidden, full, or hold what another version of this page wrote: then nothing is remembered.
 */
export class Memory {
  /** Of the queue and the place that this player keeps. A UUID would need a secure context. */
  #id = Math.random().toString(36).slice(2);
  #keptPlaceAt = 0;

  /** @param {() => Storage} storage */
  constructor(storage) {
    this.storage = storage;
  }

  /** @param {Entry[]} entries */
  keepQueue(entries) {
    this.#write(QUEUE, { id: this.#id, entries });
  }

  /** Keep the queue unless it is kept already; false where it was. @param {Entry[]} entries */
  claim(entries) {
    if (this.#isMine) return false;
    this.keepQueue(entries);
    return true;
  }

  get #isMine() {
    return this.#read(QUEUE)?.id === this.#id;
  }

  /** The place was kept a while ago. */
  get isPlaceOld() {
    return performance.now() - this.#keptPlaceAt > KEEPS_PLACE_EVERY_SECONDS * 1000;
  }

  /** @param {{index: number, position: number}} place */
  keepPlace({ index, position }) {
    this.#keptPlaceAt = performance.now();
    if (this.#isMine) this.#write(PLACE, { id: this.#id, index, position });
  }

  /** @param {Choices} choices */
  keepChoices(choices) {
    this.#write(CHOICES, choices);
  }

  /** @returns {{entries: Entry[], index: number, position: number, choices: Choices}} */
  recall() {
    const queue = this.#read(QUEUE), kept = this.#read(PLACE), choices = this.#read(CHOICES);
    const place = typeof queue?.id === "string" && kept?.id === queue.id ? kept : null; // else it is of another queue
    return {
      entries: Array.isArray(queue?.entries) ? queue.entries.filter(isEntry) : [],
      index: Number.isInteger(place?.index) ? place.index : 0,
      position: place?.position > 0 ? Number(place.position) : 0,
      choices: {
        quality: QUALITIES.includes(choices?.quality) ? choices.quality : "auto",
        volume: choices?.volume >= 0 && choices.volume <= 1 ? choices.volume : 1,
        shuffle: choices?.shuffle === true,
        repeat: choices?.repeat === true,
        levels: choices?.levels !== false,
      },
    };
  }

  /** @param {string} name @param {unknown} value */
  #write(name, value) {
    try {
      this.storage().setItem(name, JSON.stringify(value));
    } catch {
      // The next page begins with an empty queue.
    }
  }

  /** @param {string} name @returns {any} */
  #read(name) {
    try {
      return JSON.parse(this.storage().getItem(name) ?? "null");
    } catch {
      return null;
    }
  }
}

/** @param {any} one */
const isEntry = (one) => typeof one?.id === "string";
