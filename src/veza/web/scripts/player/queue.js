// What is played, and in which order.

/** @import {Entry, Queued} from "./types.js" */

/** Entries at most: what is kept in the browser's storage stays small. */
export const MOST_ENTRIES = 1000;

export class Queue {
  /** @type {Queued[]} */
  entries = [];
  /** Of the current entry; −1 where the queue is empty. */
  index = -1;
  /** Behind the last entry the first one follows. */
  repeats = false;
  isShuffled = false;
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
   * What was in the queue of the page before; the keys tell in which order entries were put in.
   * @param {Entry[]} entries
   * @param {number} index
   */
  restore(entries, index) {
    this.replace(entries, index);
    const keys = entries.map((one) => Number(Reflect.get(one, "key")));
    if (new Set(keys).size < keys.length || !keys.every(Number.isSafeInteger)) return;
    this.entries.forEach((one, at) => (one.key = keys[at]));
    this.#lastKey = Math.max(0, ...keys);
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

  /**
   * Put entries in by hand: behind those put in before, and before what follows by itself.
   * @param {Entry[]} entries
   */
  enqueue(entries) {
    const automatic = this.entries.findIndex((one, place) => place > this.index && !one.isAdded);
    const added = entries.map((one) => ({ ...one, isAdded: true }));
    return this.insert(added, automatic < 0 ? this.entries.length : automatic);
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

  clear() {
    this.entries = this.current ? [this.current] : [];
    this.index = this.entries.length - 1;
  }

  /** Everything behind the current entry by chance; or all as it was put in. @param {boolean} isShuffled */
  shuffle(isShuffled, random = Math.random) {
    const { current, entries } = this;
    this.isShuffled = isShuffled;
    if (!isShuffled) entries.sort((one, other) => one.key - other.key);
    else if (current) {
      entries.unshift(...entries.splice(this.index, 1));
      for (let at = entries.length - 1; at > 1; at -= 1) {
        const other = 1 + Math.floor(random() * at);
        [entries[at], entries[other]] = [entries[other], entries[at]];
      }
    }
    this.index = current ? entries.indexOf(current) : -1;
  }

  /**
   * The entry that is played after another one.
   * @param {Queued} entry
   * @param {Set<number>} gone keys of those that cannot be played
   */
  after(entry, gone) {
    const at = this.find(entry.key), { entries } = this;
    if (at < 0) return undefined;
    const following = [...entries.slice(at + 1), ...(this.repeats ? entries.slice(0, at + 1) : [])];
    return following.find((one) => !gone.has(one.key));
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
