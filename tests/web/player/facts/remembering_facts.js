import assert from "node:assert/strict";

import { Memory } from "../player/remembering.js";
import { fact } from "./fact.js";

const FIRST = { quality: "auto", volume: 1, shuffle: false, repeat: false, levels: true };
const NOTHING = { entries: [], index: 0, position: 0, choices: FIRST };

function storage(kept = {}) {
  return { kept, getItem: (name) => kept[name] ?? null, setItem: (name, value) => (kept[name] = String(value)) };
}

fact("what is kept comes back", () => {
  const place = storage();
  const memory = new Memory(() => place);
  memory.keepQueue([{ id: "1", title: "Shore" }]);
  memory.keepPlace({ index: 0, position: 12.5 });
  const choices = { quality: "flac", volume: 0.4, shuffle: true, repeat: true, levels: false };
  memory.keepChoices(choices);
  const queue = { entries: [{ id: "1", title: "Shore" }], index: 0, position: 12.5 };
  assert.deepEqual(new Memory(() => place).recall(), { ...queue, choices });
});

fact("a queue that another tab keeps is not given the place of this one", () => {
  const place = storage(), first = new Memory(() => place), second = new Memory(() => place);
  first.keepQueue([{ id: "1" }, { id: "2" }]);
  first.keepPlace({ index: 1, position: 7 });
  second.keepPlace({ index: 0, position: 3 });
  assert.deepEqual(second.recall(), { ...NOTHING, entries: [{ id: "1" }, { id: "2" }], index: 1, position: 7 });
  second.keepQueue([{ id: "3" }]);
  assert.deepEqual(second.recall(), { ...NOTHING, entries: [{ id: "3" }] }, "the place that is kept is of the first one's");
  first.keepPlace({ index: 1, position: 8 });
  second.keepPlace({ index: 0, position: 4 });
  assert.deepEqual(first.recall(), { ...NOTHING, entries: [{ id: "3" }], position: 4 });
});

fact("a queue is claimed once, and again after another tab has", () => {
  const place = storage(), first = new Memory(() => place), second = new Memory(() => place);
  const claims = [first, first, second, first].map((one) => one.claim([{ id: "1" }]));
  assert.deepEqual(claims, [true, false, true, true]);
});

fact("an empty storage is a fresh player", () => assert.deepEqual(new Memory(() => storage()).recall(), NOTHING));

fact("a browser that forbids storage, or has no room, still plays", () => {
  const memory = new Memory(() => {
    throw new DOMException("no", "SecurityError");
  });
  memory.keepQueue([]);
  assert.deepEqual(memory.recall(), NOTHING);
});

fact("what another version wrote is not believed", () => {
  const choices = '{"index": "x", "position": -1, "quality": "mp3", "volume": 7, "repeat": 1}';
  const wrong = ["{", "3", "null", '{"entries": 3}', '{"id": 1, "entries": [{"title": "no id"}, null, 7]}', '[{"id": "1"}]', choices];
  for (const text of wrong) {
    const place = storage();
    for (const name of ["queue", "place", "choices"]) place.kept[`veza.player.${name}`] = text;
    assert.deepEqual(new Memory(() => place).recall(), NOTHING, text);
  }
});
