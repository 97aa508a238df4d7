// The pump with a source, a line and a clock that are played.

import assert from "node:assert/strict";

import { clock, pass } from "./browser.js";
import { Refusal } from "../player/fetching.js";
import { Placed } from "../player/placed.js";
import { Pump } from "../player/pump.js";
import { fact } from "./fact.js";

const RATE = 44_100, FRAME = 1024, SEGMENTS = 5, SECONDS = SEGMENTS * 4;

const RENDITION = {
  rung: "aac128", url: "aac128/audio.mp4?link=1", mime: "audio/mp4", rate: RATE, samples: SECONDS * RATE,
  priming_samples: FRAME, padding_samples: 0, bandwidth: 128_000, init_bytes: 16, size_bytes: 1000,
  segments: Array.from({ length: SEGMENTS }, (_, at) => {
    const start = at && at * 4 * RATE + FRAME;
    return [16 + at * 8, 8, 4 * RATE + (at ? 0 : FRAME), start];
  }),
};
const MANIFEST = { version_id: "1", part: "whole", rate: RATE, samples: SECONDS * RATE, renditions: [RENDITION] };
const BOX = Uint8Array.of(0, 0, 0, 8, 0x66, 0x74, 0x79, 0x70);

/** What a browser buffers; `cuts` says how much of a frame at the end of a window it throws away (seconds). */
class Sink {
  mime = "";
  isHungry = true;
  ended = 0;
  appends = [];
  stretch = [Infinity, -Infinity];
  cuts = 0;

  get buffered() {
    return this.stretch[0] < this.stretch[1] ? [this.stretch] : [];
  }

  endAt(time) {
    return this.buffered.find(([start, end]) => start - 0.001 <= time && time < end)?.[1];
  }

  async append(mime, init, media, window) {
    this.mime = mime;
    this.appends.push(window);
    const number = media[0], start = number * 4 + window.offset + FRAME / RATE;
    const end = Math.min(start + 4, window.end - (start + 4 > window.end - 0.001 ? this.cuts : 0));
    this.stretch = [Math.min(this.stretch[0], start), Math.max(this.stretch[1], end)];
  }

  async remove(from, to = Infinity) {
    this.stretch = from <= this.stretch[0] ? [Math.max(this.stretch[0], to), this.stretch[1]] : [this.stretch[0], from];
  }

  reopen() {}

  end() {
    this.ended += 1;
  }
}

/** A pump with a queue of tracks; `answer` may refuse a request. */
function stage(count, answer = () => {}) {
  const entries = Array.from({ length: count }, (_, key) => ({ id: `t${key}`, key, duration: SECONDS }));
  const told = { skipped: [], failed: [], finished: 0, asked: [], broken: [] };
  const audio = { currentTime: 0, readyState: 0, paused: false };
  globalThis.fetch = async (url, { headers }) => {
    told.asked.push(url);
    const refused = answer(url, told.asked.length);
    if (refused) throw refused;
    const [from, to] = headers.Range.match(/\d+/g).map(Number);
    const bytes = new Uint8Array(to - from + 1);
    if (from === 0) bytes.set([...BOX, ...BOX]);
    bytes[from === 0 ? 16 : 0] = (Math.max(from, 16) - 16) / 8;
    return { status: 206, body: new Blob([bytes]).stream() };
  };
  const host = {
    quality: "auto",
    fetchManifest: async (entry) => {
      told.asked.push(entry.id);
      const refused = answer(entry.id, told.asked.length);
      if (refused) throw refused;
      return MANIFEST;
    },
    after: (entry) => entries[entry.key + 1],
    skipped: (entry) => told.skipped.push(entry.key),
    failed: (failure) => told.failed.push(failure),
    finished: () => (told.finished += 1),
  };
  const pump = new Pump(audio, host, (track) => {
    told.broken.push(track.entry.key);
    pump.stop();
  });
  pump.sink = new Sink();
  const begin = (seconds = 0) => pump.start(new Placed(entries[0], 0, seconds));
  return { pump, sink: pump.sink, audio, told, host, entries, begin };
}

fact("as much as a minute is buffered, and no more is asked for", async () => {
  const { sink, told, begin } = stage(9);
  begin();
  await pass(2);
  assert.deepEqual(sink.buffered, [[0, 64]]);
  const asked = told.asked.length;
  await pass(600);
  assert.equal(told.asked.length, asked);
});

fact("what was heard is taken out, and the next is fetched as time goes on", async () => {
  const { pump, sink, audio, begin } = stage(9);
  begin();
  await pass(2);
  audio.currentTime = 50;
  await pass(2);
  assert.deepEqual(sink.buffered, [[35, 112]]);
  assert.deepEqual(pump.tracks.map((one) => one.entry.key), [1, 2, 3, 4, 5]);
});

fact("the source ends where the queue does", async () => {
  const { sink, told, begin } = stage(2);
  begin();
  await pass(2);
  assert.deepEqual([sink.buffered, told.finished], [[[0, 40]], 0]);
  assert.ok(sink.ended > 0);
});

fact("a browser that cuts frames at the end of a window gets it wider, once it has shown that", async () => {
  const { sink, begin } = stage(2);
  sink.cuts = 0.01;
  begin();
  await pass(2);
  const ends = sink.appends.map((window) => Math.round(window.end * 1000));
  assert.deepEqual(ends, [...Array(SEGMENTS).fill(20_000), 20_030, ...Array(SEGMENTS).fill(40_030)]);
});

fact("after twenty tries without a line the pump asks no more, until something is wanted", async () => {
  let isAway = true;
  const { pump, sink, told, begin } = stage(2, () => isAway && new TypeError("no line"));
  begin();
  await pass(300);
  assert.deepEqual([told.failed, told.asked.length], [["network"], 21]);
  pump.wake();
  await pass(300);
  assert.equal(told.asked.length, 21);
  isAway = false;
  pump.forgive();
  begin();
  await pass(2);
  assert.equal(sink.endAt(0), 40);
});

fact("a busy server is asked again after longer and longer pauses, up to a dozen seconds", async () => {
  const at = [];
  const { begin } = stage(1, (_, number) => {
    at.push(clock.now);
    return number < 12 && new Refusal(503);
  });
  begin();
  await pass(120);
  const pauses = at.slice(1).map((time, number) => (time - at[number]) / 1000).slice(0, 11);
  pauses.forEach((pause, number) => {
    const planned = Math.min(0.25 * 2 ** number, 8);
    assert.ok(pause >= planned / 2 && pause <= planned * 1.5, `${number}: ${pause}`);
  });
});

fact("a link that is over three times in a row is a track that cannot be had", async () => {
  const { told, begin } = stage(1, (url) => url.includes("/") && new Refusal(410));
  begin();
  await pass(5);
  assert.deepEqual([told.skipped, told.finished], [[0], 1]);
  assert.equal(told.asked.filter((one) => one === "t0").length, 4);
});

fact("a track that ends in the middle is followed by the next at a border", async () => {
  const { pump, told, begin } = stage(2, (url, number) => url.includes("t0/") && number > 4 && new Refusal(404));
  begin();
  await pass(2);
  assert.deepEqual(told.skipped, [0]);
  assert.deepEqual(pump.tracks.map((one) => [one.entry.key, one.start]), [[0, 0], [1, 12]]);
});

fact("what the browser has thrown away is fetched again, but not for ever", async () => {
  const { pump, sink, audio, told, begin } = stage(1);
  begin();
  await pass(2);
  audio.readyState = 2;
  audio.currentTime = 9;
  sink.stretch = [0, 8];
  pump.wake(); // as the element does that waits
  await pass(3);
  assert.deepEqual(sink.buffered, [[8, 20]]);
  const asked = told.asked.length;
  sink.append = async () => {};
  sink.stretch = [0, 8];
  for (let times = 0; times < 20; times += 1) {
    pump.wake();
    await pass(1);
  }
  assert.deepEqual(told.failed, ["tracks"]);
  assert.ok(told.asked.length < asked + 4 * SEGMENTS);
});

fact("a segment that the browser cannot read is of a broken track", async () => {
  const { sink, told, begin } = stage(1);
  sink.append = async () => {
    throw new Error("no");
  };
  begin();
  await pass(1);
  assert.deepEqual(told.broken, [0]);
});
