import assert from "node:assert/strict";

import { MOST_ENTRIES, Queue } from "../player/queue.js";
import { fact } from "./fact.js";

const entries = (...titles) => titles.map((title) => ({ id: title, title }));
const titles = (queue) => queue.entries.map((one) => one.title).join("");

function queueOf(names, index = 0) {
  const queue = new Queue();
  queue.replace(entries(...names), index);
  return queue;
}

fact("an empty queue has no current entry", () => {
  const queue = new Queue();
  assert.equal(queue.current, null);
  queue.replace([], 3);
  assert.deepEqual([queue.index, queue.current], [-1, null]);
});

fact("an index beyond the entries is the last one", () => assert.equal(queueOf("abc", 9).current.title, "c"));

fact("the same track twice has two keys, and a key is never used again", () => {
  const queue = queueOf("aa");
  const keys = queue.entries.map((one) => one.key);
  queue.replace(entries("a"), 0);
  assert.equal(new Set([...keys, queue.entries[0].key]).size, 3);
});

fact("what is put in before the current entry moves it, behind it does not", () => {
  const queue = queueOf("abc", 1);
  queue.insert(entries("x", "y"), 2);
  assert.deepEqual([titles(queue), queue.current.title], ["abxyc", "b"]);
  queue.insert(entries("z"), 0);
  assert.deepEqual([titles(queue), queue.current.title], ["zabxyc", "b"]);
});

fact("the first entry of an empty queue becomes the current one", () => {
  const queue = new Queue();
  assert.equal(queue.insert(entries("a", "b")), 2);
  assert.equal(queue.current.title, "a");
});

fact("the entry behind a removed current one follows, else the one before", () => {
  const queue = queueOf("abc", 1);
  queue.remove(1);
  assert.equal(queue.current.title, "c");
  queue.remove(1);
  assert.equal(queue.current.title, "a");
  queue.remove(0);
  assert.deepEqual([queue.index, queue.current], [-1, null]);
});

fact("an entry removed before the current one changes nothing of that", () => {
  const queue = queueOf("abc", 2);
  queue.remove(0);
  assert.equal(queue.current.title, "c");
});

fact("the current entry stays current wherever entries are moved", () => {
  for (let from = 0; from < 4; from += 1) {
    for (let to = 0; to < 4; to += 1) {
      const queue = queueOf("abcd", 1);
      const moved = queue.entries[from].title;
      queue.move(from, to);
      assert.equal(queue.current.title, "b");
      assert.equal(queue.entries[to].title, moved);
    }
  }
});

fact("a full queue takes no more, and says how many it took", () => {
  const queue = queueOf(Array(MOST_ENTRIES - 1).fill("a"));
  assert.equal(queue.insert(entries("b", "c", "d")), 1);
  assert.equal(queue.entries.length, MOST_ENTRIES);
});

fact("what is put in by hand stands behind what was put in before, and before what follows by itself", () => {
  const queue = queueOf("abc", 0);
  queue.enqueue(entries("x"));
  queue.enqueue(entries("y", "z"));
  assert.equal(titles(queue), "axyzbc");
  const empty = queueOf("", -1);
  empty.enqueue(entries("x"));
  assert.deepEqual([titles(empty), empty.index], ["x", 0]);
});

fact("emptied, the queue keeps what plays", () => {
  const queue = queueOf("abc", 1), empty = queueOf("", -1);
  queue.clear();
  empty.clear();
  assert.deepEqual([titles(queue), queue.index, titles(empty), empty.index], ["b", 0, "", -1]);
});

const after = (queue, title, gone = []) => {
  const entry = queue.entries.find((one) => one.title === title);
  return queue.after(entry, new Set(gone.map((name) => queue.entries.find((one) => one.title === name).key)))?.title;
};

fact("what cannot be played is left out", () => {
  assert.equal(after(queueOf("abc"), "a", ["b"]), "c");
  assert.equal(after(queueOf("abc"), "b", ["c"]), undefined);
});

fact("where the queue repeats, the first entry follows the last, and a single one itself", () => {
  const queue = queueOf("abc"), single = queueOf("a");
  queue.repeats = single.repeats = true;
  assert.deepEqual(["a", "b", "c"].map((title) => after(queue, title)), ["b", "c", "a"]);
  assert.equal(after(queue, "c", ["a", "b"]), "c");
  assert.equal(after(queue, "c", ["a", "b", "c"]), undefined);
  assert.equal(after(single, "a"), "a");
});

fact("shuffled, the current entry is the first and every order of the others comes", () => {
  const orders = new Set();
  for (let at = 0; at < 400; at += 1) {
    const queue = queueOf("abcd", 2);
    queue.shuffle(true);
    assert.deepEqual([queue.index, queue.current.title], [0, "c"]);
    orders.add(titles(queue));
  }
  assert.equal(orders.size, 6);
});

fact("out of a shuffle the order is the one in which entries were put in", () => {
  const queue = queueOf("abcdefgh", 3);
  queue.shuffle(true);
  queue.insert(entries("x"));
  queue.shuffle(false);
  assert.deepEqual([titles(queue), queue.current.title], ["abcdefghx", "d"]);
});

fact("a shuffled queue that was kept can be put in order again, and new keys are other ones", () => {
  const before = queueOf("abcdefgh", 3), queue = new Queue();
  before.shuffle(true);
  queue.restore(JSON.parse(JSON.stringify(before.entries)), before.index);
  assert.equal(titles(queue), titles(before));
  queue.insert(entries("x"));
  queue.shuffle(false);
  assert.deepEqual([titles(queue), queue.current.title], ["abcdefghx", "d"]);
});

fact("a kept queue without keys of its own gets some", () => {
  const queue = new Queue();
  queue.restore(entries("a", "b"), 1);
  assert.equal(new Set(queue.entries.map((one) => one.key)).size, 2);
});
