// What is played, and in which order.

/** @import {Entry, Queued} from "./types.js" */

/** Entries at most: what is kept in the browser's storage stays small. */
export const MOST_ENTRIES = 1000;

export class Queue {
  /** @type {Queued[]} */
  entries = [];
  /** Of the current entry; −1 where the queue is empty. */
  index = -1;
  #lastKey = 0;

  get current() {
    return this.entries[this.index] ?? null;
  }

  /**
   * @param {Entry[]} entries
   * @param {number} index
   */
  replace(entries, index) {
    this.entries = this.#keyed(entries.slice(0, MOST_ENTRIES));
    this.index = Math.min(Math.max(index, 0), this.entries.length - 1);
  }

  /**
   * Put entries in, as many as there is room for; returns how many.
   * @param {Entry[]} entries
   * @param {number} at
   */
  insert(entries, at = this.entries.length) {
    const added = this.#keyed(entries.slice(0, MOST_ENTRIES - this.entries.length));
    this.entries.splice(at, 0, ...added);
    if (this.index < 0 && added.length) this.index = 0;
    else if (at <= this.index) this.index += added.length;
    return added.length;
  }

  /** The entry after the removed current one becomes current, else the one before. @param {number} at */
  remove(at) {
    this.entries.splice(at, 1);
    if (at < this.index || this.index === this.entries.length) this.index -= 1;
  }

  /**
   * @param {number} from
   * @param {number} to where it stands afterwards
   */
  move(from, to) {
    const current = this.current;
    this.entries.splice(to, 0, ...this.entries.splice(from, 1));
    this.index = current ? this.entries.indexOf(current) : -1;
  }

  /** @param {number} key */
  find(key) {
    return this.entries.findIndex((one) => one.key === key);
  }

  /** @param {Entry[]} entries @returns {Queued[]} */
  #keyed(entries) {
    return entries.map((one) => ({ ...one, key: (this.#lastKey += 1) }));
  }
}
