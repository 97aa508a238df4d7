// A fact is told as a line of JSON: what it says, and how it failed, if it did.

/** @type {Promise<void>} */
let before = Promise.resolve();

/**
 * Facts are looked at one after the other.
 * @param {string} says
 * @param {() => void | Promise<void>} holds raises where it does not
 */
export function fact(says, holds) {
  before = before.then(holds).then(
    () => console.log(JSON.stringify({ says, failed: null })),
    (error) => console.log(JSON.stringify({ says, failed: String(error?.stack ?? error) })),
  );
}
