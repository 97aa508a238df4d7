import assert from "node:assert/strict";

import { choose, Line } from "../player/rungs.js";
import { fact } from "./fact.js";

const rung = (name, bandwidth) => ({ rung: name, bandwidth });
const RUNGS = [rung("flac", 900_000), rung("aac256", 270_000), rung("aac64", 70_000), rung("aac128", 136_000)];
const chosen = (quality, line = new Line(), begun = undefined, ahead = 0, offered = RUNGS) =>
  choose(offered, quality, begun, line, ahead)?.rung;

/** A line that has carried 64 kB at so many bits a second. */
function lineOf(bitsPerSecond) {
  const line = new Line();
  line.carried(64_000, (8 * 64_000) / bitsPerSecond);
  return line;
}

fact("a line of which nothing is known gets the smallest rung", () => assert.equal(chosen("auto"), "aac64"));

fact("three fifths of the measured speed are trusted, and nine tenths with more than 10 s ahead", () => {
  assert.equal(chosen("auto", lineOf(240_000)), "aac128");
  assert.equal(chosen("auto", lineOf(400_000)), "aac128");
  assert.equal(chosen("auto", lineOf(400_000), undefined, 11), "aac256");
  assert.equal(chosen("auto", lineOf(10_000_000)), "aac256");
});

fact("a line that failed is trusted with less than what it failed at", () => {
  const line = lineOf(10_000_000);
  line.failed(RUNGS[1]);
  assert.equal(chosen("auto", line), "aac64");
});

fact("one slow fetch does not undo all that was measured", () => {
  const line = lineOf(2_000_000);
  line.carried(64_000, 8);
  assert.ok(line.bitsPerSecond > 1_400_000 && line.bitsPerSecond < 1_430_000);
});

fact("who chooses a rung gets it, or the next smaller one there is", () => {
  assert.equal(chosen("128"), "aac128");
  assert.equal(chosen("256", lineOf(1000)), "aac256");
  assert.equal(chosen("128", new Line(), undefined, 0, [RUNGS[1], RUNGS[2]]), "aac64");
  assert.equal(chosen("64", new Line(), undefined, 0, [RUNGS[1]]), "aac256");
});

fact("FLAC is never chosen by itself, and a track without it plays at its best", () => {
  assert.equal(chosen("auto", lineOf(100_000_000)), "aac256");
  assert.equal(chosen("flac"), "flac");
  assert.equal(chosen("flac", new Line(), undefined, 0, RUNGS.slice(1)), "aac256");
});

fact("a track that has begun keeps its codec", () => {
  assert.equal(chosen("64", new Line(), RUNGS[0]), "flac");
  assert.equal(chosen("flac", new Line(), RUNGS[2]), "aac256");
});

fact("a preview has one rendition, whatever was chosen", () => {
  for (const quality of ["auto", "64", "128", "256", "flac"]) {
    assert.equal(chosen(quality, new Line(), undefined, 0, [rung("preview", 270_000)]), "preview");
  }
});

fact("a browser that plays nothing of it gets nothing", () => {
  assert.equal(chosen("auto", new Line(), undefined, 0, []), undefined);
});
