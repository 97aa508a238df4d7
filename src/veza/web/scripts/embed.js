// An embedded page: one track or release, played within a page of another site.

import { clock } from "./clock.js";
import { entryOf } from "./entries.js";
import { createPlayer } from "./player/player.js";
import { play, showWave } from "./wave.js";

const WAVE_HEIGHT = 34;
const STEPS = 1000;
const SKIP_SECONDS = 5;

class Embed extends HTMLElement {
  /** The track whose wave is drawn. */
  waveOf = "";

  connectedCallback() {
    const audio = this.querySelector("audio");
    this.entries = [...this.querySelectorAll("[data-track]")].map((row) => entryOf(/** @type {HTMLElement} */ (row)));
    if (this.player || !audio || !this.entries.length) return;
    const player = (this.player = createPlayer(audio, { storage: remembersNothing }));
    this.seek = /** @type {HTMLInputElement} */ (this.querySelector(".player-seek input"));
    this.seek.addEventListener("input", () => this.seekTo());
    player.addEventListener("change", () => this.show());
    player.addEventListener("time", () => this.showTime());
    this.addEventListener("click", (event) => this.clicked(event));
    document.addEventListener("keydown", (event) => this.pressed(event));
    this.show();
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("[data-do], [data-play-track]"), { player } = this;
    if (!(button instanceof HTMLElement) || !player) return;
    const { playTrack } = button.dataset;
    if (button.dataset.do === "next") player.next();
    else if (!playTrack || playTrack === player.state.track?.id) this.toggle();
    else this.begin(this.entries?.findIndex((one) => one.id === playTrack));
  }

  begin(index = 0, seconds = 0) {
    if (this.entries) this.player?.play(this.entries, Math.max(index, 0), seconds);
  }

  toggle() {
    const { player } = this;
    if (!player?.state.track) this.begin();
    else if (player.state.playing) player.pause();
    else player.resume();
  }

  /** Space plays and pauses, arrows seek, where no control has the key. @param {KeyboardEvent} event */
  pressed(event) {
    const { player } = this, target = /** @type {Element} */ (event.target);
    if (!player || event.ctrlKey || event.metaKey || event.altKey || target.closest("input, button, a, summary")) return;
    const { position, track } = player.state;
    if (event.key === " ") this.toggle();
    else if (event.key === "ArrowRight" && track) player.seek(position + SKIP_SECONDS);
    else if (event.key === "ArrowLeft" && track) player.seek(Math.max(position - SKIP_SECONDS, 0));
    else return;
    event.preventDefault();
  }

  seekTo() {
    const { player, seek } = this;
    if (!player || !seek) return;
    const share = Number(seek.value) / STEPS;
    if (player.state.track) player.seek(share * player.state.duration);
    else this.begin(0, share * (this.entries?.[0].duration ?? 0));
  }

  show() {
    const { player } = this;
    if (!player) return;
    const { track, playing, blocked, error, waiting } = player.state;
    const main = this.querySelector("[data-do=toggle]"), says = this.querySelector(".player-says");
    main?.replaceChildren(this.icon(playing ? "pause" : "play"));
    main?.setAttribute("aria-label", (playing ? this.dataset.pause : this.dataset.play) ?? "");
    if (main) main.ariaBusy = String(waiting);
    const said = blocked ? this.dataset.blocked : error === "network" ? this.dataset.lost : error ? this.dataset.failed : "";
    if (says && says.textContent !== (said ?? "")) says.textContent = said ?? "";
    for (const row of this.querySelectorAll("[data-track]")) {
      const isThis = row instanceof HTMLElement && row.dataset.track === track?.id;
      if (isThis) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
      const does = isThis && playing ? "pause" : "play", name = row.querySelector(".hidden-text");
      row.querySelector(".icon")?.replaceWith(this.icon(does));
      if (name) name.textContent = `${this.dataset[does]} `;
    }
    const now = this.querySelector("[data-now]");
    if (now && track) now.textContent = track.title;
    const first = track ?? this.entries?.[0];
    if (first && this.waveOf !== first.id) this.showWave(first.id);
    this.showTime();
  }

  /** @param {string} id */
  async showWave(id) {
    await showWave(this, id, WAVE_HEIGHT);
    this.showTime();
  }

  showTime() {
    const { player, seek } = this;
    if (!player || !seek) return;
    const { position, track } = player.state, duration = track ? player.state.duration : (this.entries?.[0].duration ?? 0);
    const share = duration ? position / duration : 0, time = this.querySelector("[data-time]");
    if (time) time.textContent = `${clock(position)} / ${clock(duration)}`;
    seek.value = String(Math.round(share * STEPS));
    seek.setAttribute("aria-valuetext", (this.dataset.seek ?? "").replace("%at", clock(position)).replace("%length", clock(duration)));
    const wave = this.querySelector(".player-seek .wave");
    if (wave instanceof SVGSVGElement) play(wave, share);
  }

  /** @param {string} name */
  icon(name) {
    const template = this.querySelector(`template[data-icon=${name}]`);
    return /** @type {HTMLTemplateElement} */ (template).content.cloneNode(true);
  }
}

/** The queue that the site's own player keeps is not for pages of other sites. @returns {Storage} */
function remembersNothing() {
  throw new Error("an embedded page remembers nothing");
}

customElements.define("veza-embed", Embed);
