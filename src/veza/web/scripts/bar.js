// The player's bar: it shows what is played and does what is clicked, on every page; it is never replaced.

import { BigWave } from "./big_wave.js";
import { clock } from "./clock.js";
import { entriesAround, entriesOfRelease, entriesOfTrack, entryOf } from "./entries.js";
import { followMoments, markMoment } from "./moments.js";
import { NowPlaying } from "./now_playing.js";
import { createPlayer } from "./player/player.js";
import { QueuePanel } from "./queue_panel.js";
import { Trouble } from "./trouble.js";
import { play, showWave } from "./wave.js";

/** @import {Entry, Quality} from "./player/types.js" */

const WAVE_HEIGHT = 34;
const STEPS = 1000;
const SKIP_SECONDS = 5;

export class PlayerBar extends HTMLElement {
  /** The track whose wave is drawn. */
  waveOf = "";

  connectedCallback() {
    if (this.player) return;
    const audio = this.querySelector("audio");
    if (!audio) return;
    const player = (this.player = createPlayer(audio));
    this.seek = /** @type {HTMLInputElement} */ (this.querySelector(".player-seek input"));
    this.volume = /** @type {HTMLInputElement} */ (this.querySelector(".volume"));
    this.quality = /** @type {HTMLSelectElement} */ (this.querySelector(".quality"));
    this.trouble = new Trouble(this);
    this.queue = new QueuePanel(this, player);
    this.now = new NowPlaying(this, player);
    this.wave = new BigWave(player, this.dataset.seek ?? "", (track, seconds) => this.beginTrack(track, seconds));
    followMoments(player);
    const { seek, volume, quality } = this;
    volume.value = String(Math.round(player.volume * 100));
    quality.value = player.state.quality;
    player.addEventListener("change", () => this.show());
    player.addEventListener("time", () => this.showTime());
    player.addEventListener("skipped", (event) => {
      this.trouble?.tell("player", `${/** @type {CustomEvent} */ (event).detail.entry.title}: ${this.dataset.failed}`);
    });
    this.addEventListener("click", (event) => this.clicked(event));
    seek.addEventListener("input", () => this.seekTo());
    volume.addEventListener("input", () => {
      player.volume = Number(volume.value) / 100;
    });
    quality.addEventListener("change", () => player.setQuality(/** @type {Quality} */ (quality.value)));
    document.addEventListener("click", (event) => this.clickedInPage(event));
    document.addEventListener("keydown", (event) => this.pressed(event));
    this.show();
  }

  /** Play these from the entry at `index`, `seconds` into it. @param {Entry[]} entries */
  begin(entries, index = 0, seconds = 0) {
    if (!this.player || !entries.length) return;
    this.player.play(entries, Math.max(index, 0), seconds);
  }

  /** @param {string} id @param {number} seconds */
  async beginTrack(id, seconds) {
    try {
      this.begin(await entriesOfTrack(id), 0, seconds);
    } catch {
      this.trouble?.tell("page", this.dataset.failed, this.dataset.again, () => this.beginTrack(id, seconds));
    }
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("[data-do]"), { player } = this;
    if (!(button instanceof HTMLElement) || !player) return;
    const what = button.dataset.do;
    if (what === "toggle" || what === "current") this.toggle();
    else if (what === "next") player.next();
    else if (what === "previous") player.previous();
    else if (what === "repeat") player.setRepeat(!player.state.repeat);
    else if (what === "shuffle") player.setShuffle(!player.state.shuffle);
    else if (what === "queue") this.queue?.toggle();
    else if (what === "empty") player.clear();
    else if (what === "open") this.now?.open(!this.now.isOpen);
    else if (what === "like") this.now?.like();
    else if (what === "jump") player.jump(Number(button.dataset.at));
    else if (what === "remove") player.remove(Number(button.dataset.at));
  }

  /** Buttons of pages: they play a track, a release, or put one into the queue. @param {MouseEvent} event */
  async clickedInPage(event) {
    const from = /** @type {Element} */ (event.target), { player } = this;
    const button = from.closest("[data-play-track], [data-play-release], [data-play-list], [data-queue-track]");
    if (!(button instanceof HTMLElement) || !player) return;
    event.preventDefault();
    const { playTrack, playRelease, playList, queueTrack, at = "0" } = button.dataset;
    const row = button.closest("[data-track]"), state = player.state;
    try {
      if (queueTrack) player.enqueue(...(row instanceof HTMLElement ? [entryOf(row)] : await entriesOfTrack(queueTrack)));
      else if (playTrack && state.track?.id === playTrack && !button.dataset.at) this.toggle();
      else if (playTrack && state.track?.id === playTrack) {
        player.seek(Number(at) / 1000);
        player.resume();
      } else if (playTrack && row instanceof HTMLElement) {
        const { entries, index } = entriesAround(row);
        this.begin(entries, index, Number(at) / 1000);
      } else if (playList) {
        const first = document.querySelector(`#${playList} [data-track]:has([data-play-track])`);
        if (first instanceof HTMLElement) this.begin(entriesAround(first).entries, 0);
      } else if (playTrack) await this.beginTrack(playTrack, Number(at) / 1000);
      else if (playRelease && this.isOf(playRelease)) this.toggle();
      else if (playRelease) this.begin(await entriesOfRelease(playRelease));
    } catch {
      this.trouble?.tell("page", this.dataset.failed, this.dataset.again, () => button.click());
    }
  }

  /** Whether the current track is of this release, however it came into the queue. @param {string} id */
  isOf(id) {
    return this.player?.state.track?.releaseId === id;
  }

  /** Space plays and pauses, arrows seek, where no field is being filled in. @param {KeyboardEvent} event */
  pressed(event) {
    const target = /** @type {Element} */ (event.target), { player } = this;
    if (!player || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest("input, textarea, select, button, a, summary, dialog")) return;
    const { position } = player.state;
    if (event.key === " " && player.state.track) this.toggle();
    else if (event.key === "ArrowRight" && player.state.track) player.seek(position + SKIP_SECONDS);
    else if (event.key === "ArrowLeft" && player.state.track) player.seek(Math.max(position - SKIP_SECONDS, 0));
    else return;
    event.preventDefault();
  }

  toggle() {
    const { player } = this;
    if (!player) return;
    if (player.state.playing) player.pause();
    else player.resume();
  }

  seekTo() {
    const { player, seek } = this;
    if (player && seek) player.seek((Number(seek.value) / STEPS) * player.state.duration);
  }

  show() {
    const { player } = this;
    if (!player) return;
    const { track, playing, blocked, error, waiting, shuffle, repeat } = player.state;
    this.querySelector("[data-do=shuffle]")?.setAttribute("aria-pressed", String(shuffle));
    this.querySelector("[data-do=repeat]")?.setAttribute("aria-pressed", String(repeat));
    this.classList.toggle("is-idle", track === null);
    const main = this.querySelector("[data-do=toggle]");
    main?.replaceChildren(this.icon(playing ? "pause" : "play"));
    main?.setAttribute("aria-label", (playing ? this.dataset.pause : this.dataset.play) ?? "");
    if (main) main.ariaBusy = String(waiting);
    const { dataset, trouble } = this, resume = () => player.resume();
    if (blocked) trouble?.tell("player", dataset.blocked, dataset.play, resume);
    else if (error) trouble?.tell("player", error === "network" ? dataset.lost : dataset.failed, dataset.again, resume);
    else trouble?.clear("player");
    this.showTrack();
    this.showTime();
    this.mark();
  }

  showTrack() {
    const track = this.player?.state.track;
    if (!track) return;
    this.now?.show(track);
    if (this.waveOf !== track.id) this.showWave(track.id);
  }

  /** @param {string} id */
  async showWave(id) {
    await showWave(this, id, WAVE_HEIGHT);
    this.showTime();
  }

  showTime() {
    const { player, seek } = this;
    if (!player || !seek) return;
    const { position, duration, track } = player.state, share = duration ? position / duration : 0;
    const time = this.querySelector("[data-time]");
    if (time) time.innerHTML = track ? `<b>${clock(position)}</b> / ${clock(duration)}` : "";
    seek.value = String(Math.round(share * STEPS));
    seek.setAttribute("aria-valuetext", (this.dataset.seek ?? "").replace("%at", clock(position)).replace("%length", clock(duration)));
    const wave = this.querySelector(".player-seek .wave");
    if (wave instanceof SVGSVGElement) play(wave, share);
    for (const one of document.querySelectorAll(`#page [data-track="${track?.id}"] .wave`)) {
      if (one instanceof SVGSVGElement) play(one, share);
    }
    this.wave?.show();
    markMoment(track?.id, position);
  }

  /** What of the page is played is marked so; called after each change of the page, too. */
  mark() {
    const { player } = this;
    if (!player) return;
    const { track, playing } = player.state;
    for (const row of document.querySelectorAll("#page [data-track]")) {
      const isThis = row instanceof HTMLElement && row.dataset.track === track?.id;
      row.classList.toggle("is-playing", isThis);
      if (!isThis) for (const one of row.querySelectorAll(".wave")) if (one instanceof SVGSVGElement) play(one, null);
    }
    for (const button of document.querySelectorAll("#page [data-play-track], #page [data-play-release]")) {
      if (!(button instanceof HTMLElement) || button.dataset.at) continue;
      const { playTrack, playRelease } = button.dataset;
      const isPlaying = playing && (playTrack ? playTrack === track?.id : this.isOf(playRelease ?? ""));
      button.querySelector(".icon")?.replaceWith(this.icon(isPlaying ? "pause" : "play"));
      button.toggleAttribute("data-plays", isPlaying);
      const { pause } = button.dataset, play = (button.dataset.play ??= button.ariaLabel ?? "");
      button.ariaLabel = isPlaying && pause ? pause : play;
    }
    this.showTime();
  }

  /** @param {string} name */
  icon(name) {
    const template = this.querySelector(`template[data-icon=${name}]`);
    return /** @type {HTMLTemplateElement} */ (template).content.cloneNode(true);
  }
}

customElements.define("veza-player", PlayerBar);
