import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { neutralized, same } from "../player/fragments.js";
import { fact } from "./fact.js";

const read = (name) => new Uint8Array(readFileSync(`${name}.mp4`));
const kinds = (bytes) => Buffer.from(bytes).toString("latin1");

fact("what names a track's length or its edits is emptied, and nothing else", () => {
  const init = read("short"), changed = neutralized(init);
  assert.equal(changed.length, init.length);
  for (const kind of ["edts", "elst", "mehd", "sidx"]) {
    assert.ok(kinds(init).includes(kind), kind);
    assert.ok(!kinds(changed).includes(kind), kind);
  }
  for (const kind of ["ftyp", "moov", "mvhd", "trak", "esds", "mvex", "trex"]) {
    assert.ok(kinds(changed).includes(kind), kind);
  }
});

fact("two tracks have the same initialization segment then, so that no decoder starts anew", () => {
  assert.ok(!same(read("short"), read("long")));
  assert.ok(same(neutralized(read("short")), neutralized(read("long"))));
});

fact("what was handed in stays as it was, and a second time changes nothing", () => {
  const init = read("short"), once = neutralized(init);
  assert.ok(same(init, read("short")));
  assert.ok(same(neutralized(once), once));
});

fact("a box that is longer than the file is refused", () => {
  const init = read("short");
  init[0] = 1;
  assert.throws(() => neutralized(init), RangeError);
});
