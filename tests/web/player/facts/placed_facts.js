import assert from "node:assert/strict";

import { Placed } from "../player/placed.js";
import { fact } from "./fact.js";

const RATE = 44_100, SAMPLES = 314_124, FIRST = 45_056;

/** A rendition of three segments; the first also holds the priming. */
function rendition(rung, priming) {
  const padding = priming ? -SAMPLES & 1023 : 0, coded = SAMPLES + priming + padding;
  const starts = [0, FIRST + priming, 3 * FIRST + priming];
  const segments = starts.map((start, number) => [0, 0, (starts[number + 1] ?? coded) - start, start]);
  return { rung, rate: RATE, samples: SAMPLES, priming_samples: priming, padding_samples: padding, segments };
}

const AAC = rendition("aac128", 1024), FLAC = rendition("flac", 0);
const MANIFEST = { version_id: "1", part: "whole", rate: RATE, samples: SAMPLES, renditions: [AAC, FLAC] };
const manifest = (more = {}) => ({ ...MANIFEST, ...more });

function placed(start = 0, from = 0) {
  const track = new Placed({ id: "1", duration: 7, key: 1 }, start, from);
  track.take(manifest());
  return track;
}

fact("borders are the same instants in each rendition", () => {
  const track = placed();
  for (const one of [AAC, FLAC]) {
    track.rendition = one;
    assert.deepEqual([0, 1, 2, 3].map((at) => Math.round(track.border(at) * RATE)), [0, FIRST, 3 * FIRST, SAMPLES]);
  }
});

fact("the window of AAC is exact, and priming lies before it", () => {
  const window = placed(10).window(AAC, false);
  assert.deepEqual(window, { start: 10, end: 10 + SAMPLES / RATE, offset: 10 - 1024 / RATE });
});

fact("the window of FLAC is half a millisecond wider, but begins at 0 at the earliest", () => {
  const window = placed(10).window(FLAC, false);
  assert.deepEqual(window, { start: 10 - 0.0005, end: 10 + SAMPLES / RATE + 0.0005, offset: 10 });
  assert.equal(placed(0).window(FLAC, false).start, 0);
});

fact("WebKit gets two microseconds more, and a window that begins earlier", () => {
  const window = placed(10).window(AAC, true);
  assert.ok(Math.abs(window.start - 10 + 4e-6) < 1e-9);
  assert.ok(Math.abs(window.offset - 10 + 1024 / RATE - 2e-6) < 1e-9);
});

fact("it begins with the segment in which the first second to be heard lies", () => {
  assert.deepEqual([0, 1, 1.1, 3.1, 7.1, 99].map((from) => placed(0, from).next), [0, 0, 1, 2, 2, 2]);
});

fact("what is appended reaches to the next border, and the track is done behind the last one", () => {
  const track = placed(10);
  assert.equal(track.appendedEnd, 10);
  track.next = 1;
  assert.equal(track.appendedEnd, 10 + FIRST / RATE);
  track.next = 3;
  assert.ok(track.isDone);
  assert.equal(track.appendedEnd, track.end);
});

fact("new links change nothing of what was appended; another sound is not taken in the middle", () => {
  const track = placed();
  track.next = 1;
  track.isStale = true;
  assert.ok(track.take(manifest()));
  assert.deepEqual([track.next, track.isStale], [1, false]);
  assert.ok(!track.take(manifest({ version_id: "2" })));
  assert.ok(!track.take(manifest({ part: "preview" })));
});

fact("before anything was appended another sound is taken", () => {
  assert.ok(placed().take(manifest({ version_id: "2" })));
});

fact("what cannot be had any more ends at a border, and the next track begins there", () => {
  const track = placed(10);
  track.next = 2;
  track.cutHere();
  assert.ok(track.isDone);
  assert.equal(track.end, 10 + (3 * FIRST) / RATE);
});
