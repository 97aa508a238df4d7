// Drives the player for tests, and records what the element really plays.

import { createPlayer } from "/scripts/player/player.js";

const audio = document.querySelector("audio");
const player = createPlayer(audio, location.search === "?files" ? { hasMediaSource: false } : {});
player.setLevelling(false);
const skipped = [];
player.addEventListener("skipped", ({ detail }) => skipped.push(detail.entry.title));

/** How often sound that had begun was waited for. */
let waits = 0;
audio.addEventListener("waiting", () => {
  if (player.state.position > 0) waits += 1;
});

/** Waits until `holds(player.state)`, looked at whenever something changes. */
function until(holds, seconds = 30) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!holds(player.state)) return;
      clearTimeout(timer);
      player.removeEventListener("time", look);
      resolve(player.state);
    };
    const timer = setTimeout(() => {
      player.removeEventListener("time", look);
      reject(new Error(`waited for ${holds}, and it is ${JSON.stringify(player.state)}`));
    }, seconds * 1000);
    player.addEventListener("time", look);
    look();
  });
}

const chunks = [];
/** From now on, what the element plays is kept (left channel). */
async function record(sampleRate) {
  const context = new AudioContext({ sampleRate });
  await context.audioWorklet.addModule("/pages/recorder.js");
  const recorder = new AudioWorkletNode(context, "recorder");
  recorder.port.onmessage = ({ data }) => chunks.push(data);
  context.createMediaElementSource(audio).connect(recorder);
  recorder.connect(context.destination);
  await context.resume();
}

/** What was recorded until now, as base64 of 32-bit floats. */
async function recorded() {
  const bytes = await new Blob(chunks.splice(0)).arrayBuffer();
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(new Blob([bytes]));
  });
}

const TICK_MS = 20;
/** How late the machine let a timer of this page be at most (ms). */
let late = 0, ticked = performance.now();
setInterval(() => {
  const now = performance.now();
  late = Math.max(late, now - ticked - TICK_MS);
  ticked = now;
}, TICK_MS);

Object.defineProperty(window, "late", { get: () => late });
Object.defineProperty(window, "waits", { get: () => waits });
Object.assign(window, { player, audio, skipped, until, record, recorded });
