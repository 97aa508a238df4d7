// Words at moments of a track: those nearest to what is heard stand out, and new ones are said at where it is.

import { clock } from "./clock.js";

/** @import {Player} from "./player/player.js" */

/** @param {string | undefined} track @param {number} position seconds */
export function markMoment(track, position) {
  for (const pins of document.querySelectorAll("#page [data-pins]")) {
    const all = [...pins.querySelectorAll("[data-moment]")], isHeard = pins.getAttribute("data-pins") === track;
    const near = isHeard ? all.findLast((one) => Number(one.getAttribute("data-moment")) <= position * 1000) : undefined;
    for (const one of all) one.classList.toggle("is-near", one === near);
  }
}

/** A listener who begins to write says it at what is heard just then, unless another moment was typed. @param {Player} player */
export function followMoments(player) {
  document.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLTextAreaElement)) return;
    const at = target.form?.elements.namedItem("at"), { track, position } = player.state;
    if (!(at instanceof HTMLInputElement) || at.value !== at.defaultValue || target.value) return;
    if (target.form?.getAttribute("action") === `${track?.url}/comments`) at.value = at.defaultValue = clock(position);
  });
}
