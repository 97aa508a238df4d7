// What the player finds in a browser, as far as it is asked for; imported before the player.

globalThis.MediaSource = { isTypeSupported: () => true };
globalThis.SourceBuffer = class {
  changeType() {}
};
globalThis.addEventListener = () => {};

/** Milliseconds; they pass only in `pass`. */
export const clock = { now: 0 };
const timers = [];
globalThis.setTimeout = (call, ms) => {
  const timer = { at: clock.now + ms, call };
  timers.push(timer);
  return timer;
};
globalThis.clearTimeout = (timer) => {
  if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1);
};
Object.defineProperty(globalThis, "performance", { value: { now: () => clock.now } });

/** All that needs no time has been done. */
export const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** @param {number} seconds */
export async function pass(seconds) {
  const end = clock.now + seconds * 1000;
  for (;;) {
    await settled();
    timers.sort((one, other) => one.at - other.at);
    if (!timers.length || timers[0].at > end) break;
    const { at, call } = timers.shift();
    clock.now = at;
    call();
  }
  clock.now = end;
}
