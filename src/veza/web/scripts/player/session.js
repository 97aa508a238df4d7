// The system's own controls: lock screen, headphones, media keys.

/** @import {Player} from "./player.js" */

const SKIP_SECONDS = 10;

/**
 * @param {Player} player
 * @param {MediaSession | undefined} session
 */
export function useMediaSession(player, session) {
  if (!session) return;
  let shown = 0;
  /** @type {[MediaSessionAction, MediaSessionActionHandler][]} */
  const actions = [
    ["play", () => player.resume()],
    ["pause", () => player.pause()],
    ["stop", () => player.pause()],
    ["nexttrack", () => player.next()],
    ["previoustrack", () => player.previous()],
    ["seekto", (details) => player.seek(details.seekTime ?? 0)],
    ["seekforward", (details) => player.seek(player.state.position + (details.seekOffset ?? SKIP_SECONDS))],
    ["seekbackward", (details) => player.seek(player.state.position - (details.seekOffset ?? SKIP_SECONDS))],
  ];
  for (const [name, handler] of actions) {
    try {
      session.setActionHandler(name, handler);
    } catch {
      // This browser has no such action.
    }
  }
  const update = () => {
    const { track, playing, position, duration } = player.state;
    session.playbackState = track ? (playing ? "playing" : "paused") : "none";
    if ((track?.key ?? 0) !== shown) {
      shown = track?.key ?? 0;
      session.metadata = track && new MediaMetadata({
        title: track.title,
        artist: track.artist,
        album: track.release,
        artwork: track.cover ? [{ src: track.cover }] : [],
      });
    }
    // The element's own duration is that of the whole time line.
    if (duration > 0) session.setPositionState?.({ duration, position: Math.min(Math.max(position, 0), duration) });
  };
  player.addEventListener("change", update);
  player.addEventListener("time", update);
}
