// Times as players write them.

/** “3:54”, “1:02:03”. @param {number} seconds */
export function clock(seconds) {
  const whole = Math.floor(seconds), minutes = Math.floor(whole / 60), pad = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return minutes < 60 ? `${minutes}:${pad(whole % 60)}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}
