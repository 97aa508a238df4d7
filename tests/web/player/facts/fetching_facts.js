import assert from "node:assert/strict";

import { pass } from "./browser.js";
import { fetchManifest, fetchRange, mayPass, Refusal, TooSlow } from "../player/fetching.js";
import { fact } from "./fact.js";

const SIZE = 100;

/** A line that brings pieces of so many bytes, each after so many seconds, and then ends; `null` never ends. */
function line(status, ...pieces) {
  const asked = { aborted: false };
  globalThis.fetch = async (url, { headers, signal }) => {
    Object.assign(asked, { url, headers });
    const body = new ReadableStream({
      async start(controller) {
        if (typeof pieces[0] === "string") controller.enqueue(new TextEncoder().encode(pieces.shift()));
        signal.addEventListener("abort", () => {
          asked.aborted = true;
          controller.error(signal.reason);
        });
        for (const piece of pieces) {
          if (piece === null) return;
          const [bytes, seconds] = piece;
          await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
          if (signal.aborted) return;
          controller.enqueue(new Uint8Array(bytes).fill(7));
        }
        controller.close();
      },
    });
    return { ok: status < 300, status, body };
  };
  return asked;
}

/** What becomes of a fetch within a minute: bytes, or an error. */
async function outcome({ patience = 5, isHopeless = () => false, signal = new AbortController().signal } = {}) {
  const done = fetchRange("/x", 50, 50 + SIZE, signal, () => patience, isHopeless).then(
    (bytes) => bytes.length,
    (error) => error,
  );
  await pass(60);
  return done;
}

fact("the range is asked for, and what comes whole is not aborted", async () => {
  const asked = line(206, [60, 1], [40, 1]);
  assert.equal(await outcome(), SIZE);
  assert.deepEqual([asked.headers, asked.aborted], [{ Range: "bytes=50-149" }, false]);
});

fact("any other answer is a refusal, the whole file too", async () => {
  for (const status of [200, 403, 404, 410, 503]) {
    const asked = line(status, [SIZE, 0]);
    const error = await outcome();
    assert.ok(error instanceof Refusal);
    assert.deepEqual([error.status, asked.aborted], [status, true]);
  }
});

fact("a connection that ends early may be tried again", async () => {
  line(206, [60, 1]);
  assert.ok(mayPass(await outcome()));
});

fact("more than was asked for is no segment", async () => {
  line(206, [SIZE + 1, 1]);
  assert.ok(!mayPass(await outcome()));
});

fact("a line that brings nothing for too long is given up, one that is slow is not", async () => {
  const asked = line(206, [60, 4], null);
  assert.ok((await outcome()) instanceof TooSlow);
  assert.ok(asked.aborted);
  line(206, [20, 4], [20, 4], [20, 4], [20, 4], [20, 4]);
  assert.equal(await outcome(), SIZE);
});

fact("a rest that would come too late is given up, by the bytes that have come", async () => {
  const seen = [];
  line(206, [20, 1], [20, 1], [60, 1]);
  const isHopeless = (bytes, seconds) => {
    seen.push([bytes, seconds]);
    return bytes === 40;
  };
  assert.ok((await outcome({ isHopeless })) instanceof TooSlow);
  assert.deepEqual(seen, [[20, 1], [40, 2]]);
});

fact("what is wanted no more is aborted", async () => {
  const asked = line(206, [60, 1], null), ending = new AbortController();
  setTimeout(() => ending.abort(), 2000);
  assert.ok((await outcome({ signal: ending.signal })) instanceof Error);
  assert.ok(asked.aborted);
});

fact("what may pass is asked for again", () => {
  for (const status of [200, 408, 429, 500, 502, 503, 504]) assert.ok(mayPass(new Refusal(status)), String(status));
  for (const status of [400, 401, 403, 404, 409, 410, 416]) assert.ok(!mayPass(new Refusal(status)), String(status));
  for (const error of [new TypeError("no line"), new TooSlow()]) assert.ok(mayPass(error));
});

fact("a manifest is asked for with the token of a mailed link", async () => {
  const { signal } = new AbortController(), patience = () => 5;
  let asked = line(200, '{"samples": 7}');
  assert.deepEqual(await fetchManifest({ id: "t" }, signal, patience), { samples: 7 });
  assert.equal(asked.url, "/stream/t/manifest.json");
  asked = line(200, "{}");
  await fetchManifest({ id: "t", token: "a&b" }, signal, patience);
  assert.equal(asked.url, "/stream/t/manifest.json?token=a%26b");
  line(404);
  await assert.rejects(fetchManifest({ id: "t" }, signal, patience), Refusal);
});

fact("a manifest that stops coming is given up, before its answer or in the middle of it", async () => {
  const { signal } = new AbortController();
  const given = async () => {
    const done = fetchManifest({ id: "t" }, signal, () => 5).catch((error) => error);
    await pass(4);
    assert.ok(!asked.aborted);
    await pass(2);
    return done;
  };
  let asked = line(200, '{"samples"', null);
  assert.ok((await given()) instanceof TooSlow);
  assert.ok(asked.aborted);
  asked = { aborted: false };
  globalThis.fetch = (_, { signal: own }) => new Promise((_, reject) => {
    own.addEventListener("abort", () => {
      asked.aborted = true;
      reject(own.reason);
    });
  });
  assert.ok((await given()) instanceof TooSlow);
  assert.ok(asked.aborted);
});
