import assert from "node:assert/strict";

import { gainOf, lufsOf } from "../player/loudness.js";
import { Plays } from "../player/plays.js";
import { fact } from "./fact.js";

/** Tells of a track; `answers` are the server's, the last one for ever. */
function listening(duration, answers = ["counted"], beacon = "/stream/1/beacon?link=x") {
  const told = [];
  const plays = new Plays(async (url) => {
    told.push(Number(new URL(url, "http://x").searchParams.get("heard_ms")));
    return answers.length > 1 ? answers.shift() : answers[0];
  });
  const hearing = {};
  const at = (position, of = hearing) => plays.note({ position, duration, beacon, hearing: of });
  /** Heard from one position to another, looked at four times a second. */
  const hear = async (from, to) => {
    for (let position = from; position <= to; position += 0.25) {
      at(position);
      await null;
      await null;
    }
  };
  return { at, hear, plays, told };
}

fact("a play is told once 30 s were heard, and when half of the track was, and not again once that is counted", async () => {
  const { hear, told } = listening(200);
  await hear(0, 29.75);
  assert.deepEqual(told, []);
  await hear(30, 200);
  assert.deepEqual(told, [30_000, 100_000]);
});

fact("of a long track four minutes are enough", async () => {
  const { hear, told } = listening(3600);
  await hear(0, 600);
  assert.deepEqual(told, [30_000, 240_000]);
});

fact("what never counts is told once", async () => {
  const { hear, told } = listening(200, ["never"]);
  await hear(0, 200);
  assert.deepEqual(told, [30_000]);
});

fact("of a short track half is enough", async () => {
  const { hear, told } = listening(8);
  await hear(0, 8);
  assert.deepEqual(told, [4000]);
});

fact("jumps are not heard", async () => {
  const { hear, told } = listening(200);
  await hear(0, 20);
  await hear(100, 109.5);
  assert.deepEqual(told, []);
  await hear(109.75, 111);
  assert.deepEqual(told, [30_000]);
});

fact("an answer “not yet” is followed by another try later, and at the end", async () => {
  const { hear, at, told } = listening(200, ["not_yet"]);
  await hear(0, 50);
  assert.deepEqual(told, [30_000, 45_000]);
  at(0, {});
  assert.deepEqual(told, [30_000, 45_000, 50_000]);
});

fact("what was not heard enough is not told at the end", async () => {
  const { hear, at, plays, told } = listening(200);
  await hear(0, 10);
  await plays.tell();
  at(0, {});
  assert.deepEqual(told, []);
});

fact("the same track heard again is another play", async () => {
  const { hear, at, told } = listening(8);
  await hear(0, 8);
  const again = {};
  for (let position = 0; position < 8; position += 0.25) at(position, again);
  assert.deepEqual(told, [4000, 4000]);
});

fact("a preview is no play", async () => {
  const { hear, told } = listening(30, ["counted"], null);
  await hear(0, 30);
  assert.deepEqual(told, []);
});

fact("louder tracks are turned down to −16 LUFS, softer ones stay", () => {
  assert.ok(Math.abs(gainOf(-10) - 0.501) < 0.001);
  assert.equal(gainOf(-16), 1);
  assert.equal(gainOf(-23), 1);
  assert.equal(gainOf(null), 1);
});

fact("beside another track of its release a track keeps its distance, elsewhere it is levelled by itself", () => {
  const of = (release) => ({ release, artist: "Anna" }), levels = { track: -9, release: -12 };
  const queue = [of("Blue Hours"), of("Blue Hours"), of("Tides"), { release: "Tides", artist: "Ben" }];
  assert.deepEqual(queue.map((_, index) => lufsOf(levels, queue, index)), [-12, -12, -9, -9]);
  assert.equal(lufsOf(null, queue, 0), null);
});
