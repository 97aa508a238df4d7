// The large wave of a track's page is a slider. It seeks in its track; while another one plays, it starts its own there,
// as a click on a wave is a wish to hear that place, and a slider that refuses keys would not say why.

import { clock } from "./clock.js";
import { play } from "./wave.js";

/** @import {Player} from "./player/player.js" */

const STEPS = 1000;
const SLIDERS = "#page [data-seek-track]";

export class BigWave {
  /**
   * @param {Player} player
   * @param {string} says “%at of %length”
   * @param {(track: string, seconds: number) => void} begin plays a track from there on
   */
  constructor(player, says, begin) {
    this.player = player;
    this.says = says;
    this.begin = begin;
    for (const name of ["input", "change"]) document.addEventListener(name, (event) => this.moved(event));
  }

  /** `input` comes while the slider is moved, `change` when it stays. @param {Event} event */
  moved({ target, type }) {
    if (!(target instanceof HTMLInputElement) || !target.matches(SLIDERS)) return;
    const { seekTrack = "", seconds } = target.dataset, { player } = this, share = Number(target.value) / STEPS;
    if (player.state.track?.id === seekTrack) {
      if (type === "input") player.seek(share * player.state.duration);
    } else if (type === "change") this.begin(seekTrack, share * Number(seconds));
    else this.draw(target, share, Number(seconds));
  }

  /** Called as time passes, and after each change of the page. */
  show() {
    const { track, position, duration } = this.player.state;
    for (const slider of document.querySelectorAll(SLIDERS)) {
      if (!(slider instanceof HTMLInputElement)) continue;
      const { seekTrack, plays, seconds } = slider.dataset, isThis = seekTrack === track?.id;
      if (isThis) this.draw(slider, duration ? position / duration : 0, duration);
      else if (plays !== undefined || slider.hidden) this.draw(slider, null, Number(seconds));
      slider.toggleAttribute("data-plays", isThis);
      slider.hidden = false;
    }
  }

  /** @param {HTMLInputElement} slider @param {number | null} share null where the track is not played @param {number} seconds */
  draw(slider, share, seconds) {
    const wave = slider.parentElement?.querySelector(".wave"), at = clock((share ?? 0) * seconds);
    slider.value = String(Math.round((share ?? 0) * STEPS));
    slider.setAttribute("aria-valuetext", this.says.replace("%at", at).replace("%length", clock(seconds)));
    if (wave instanceof SVGSVGElement) play(wave, share);
  }
}
