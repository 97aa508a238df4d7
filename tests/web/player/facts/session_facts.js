import assert from "node:assert/strict";

import { useMediaSession } from "../player/session.js";
import { fact } from "./fact.js";

globalThis.MediaMetadata = class {
  constructor(said) {
    Object.assign(this, said);
  }
};

/** A player in a state, and the system's controls beside it; `refuses` names an action that the browser has not. */
function stage(refuses = "") {
  const did = [], track = { key: 1, title: "Shore", artist: "Anna", release: "Blue Hours", cover: null };
  const player = Object.assign(new EventTarget(), {
    state: { track, playing: true, position: 50, duration: 100 },
    ...Object.fromEntries(
      ["resume", "pause", "next", "previous", "seek"].map((name) => [name, (...said) => did.push([name, ...said])]),
    ),
  });
  const handlers = {};
  const session = {
    setActionHandler(name, handler) {
      if (name === refuses) throw new TypeError(name);
      handlers[name] = handler;
    },
    setPositionState(said) {
      if (said.position > said.duration) throw new TypeError("beyond the end");
      session.place = said;
    },
  };
  useMediaSession(player, session);
  const change = (state) => {
    Object.assign(player.state, state);
    player.dispatchEvent(new Event("change"));
  };
  return { player, session, handlers, did, change };
}

fact("the system's controls do what the player's do", () => {
  const { handlers, did } = stage();
  for (const name of ["play", "pause", "stop", "nexttrack", "previoustrack"]) handlers[name]();
  handlers.seekto({ seekTime: 7 });
  handlers.seekforward({});
  handlers.seekbackward({ seekOffset: 5 });
  const seeks = [["seek", 7], ["seek", 60], ["seek", 45]];
  assert.deepEqual(did, [["resume"], ["pause"], ["pause"], ["next"], ["previous"], ...seeks]);
});

fact("a browser without one of the actions has the others", () => {
  const { handlers } = stage("stop");
  assert.deepEqual([handlers.stop, typeof handlers.seekto], [undefined, "function"]);
});

fact("what is played is said, each track once, and nothing of an empty queue", () => {
  const { session, change, player } = stage();
  change({});
  const said = session.metadata;
  assert.deepEqual([said.title, said.artist, said.album, said.artwork], ["Shore", "Anna", "Blue Hours", []]);
  change({ position: 60 });
  assert.equal(session.metadata, said);
  change({ track: { ...player.state.track, key: 2, title: "Tide", cover: "/c.webp" }, playing: false });
  assert.deepEqual([session.metadata.title, session.metadata.artwork], ["Tide", [{ src: "/c.webp" }]]);
  assert.equal(session.playbackState, "paused");
  change({ track: null, duration: 0 });
  assert.deepEqual([session.metadata, session.playbackState], [null, "none"]);
});

fact("the position is never beyond the track, which browsers refuse", () => {
  const { session, change } = stage();
  change({ position: 100.2 });
  assert.deepEqual(session.place, { duration: 100, position: 100 });
  change({ position: -0.1 });
  assert.deepEqual(session.place, { duration: 100, position: 0 });
});

fact("a browser without a media session plays all the same", () => useMediaSession(new EventTarget(), undefined));
