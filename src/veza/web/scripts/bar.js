// The player's bar: it shows what is played and does what is clicked, on every page; it is never replaced.

import { clock } from "./clock.js";
import { entriesAround, entriesOfRelease, entriesOfTrack, entryOf } from "./entries.js";
import { createPlayer } from "./player/player.js";
import { play, showWave } from "./wave.js";

/** @import {Entry, Quality} from "./player/types.js" */

const WAVE_HEIGHT = 34;
const STEPS = 1000;
const SKIP_SECONDS = 5;

export class PlayerBar extends HTMLElement {
  /** The track whose wave is drawn. */
  waveOf = "";
  /** The release that was played as a whole last. */
  release = "";
  /** The entry whose title is shown. */
  shown = -1;

  connectedCallback() {
    if (this.player) return;
    const audio = this.querySelector("audio");
    if (!audio) return;
    const player = (this.player = createPlayer(audio));
    this.seek = /** @type {HTMLInputElement} */ (this.querySelector(".player-seek input"));
    this.volume = /** @type {HTMLInputElement} */ (this.querySelector(".volume"));
    this.quality = /** @type {HTMLSelectElement} */ (this.querySelector(".quality"));
    this.queue = /** @type {HTMLDialogElement} */ (this.querySelector(".queue"));
    const { seek, volume, quality } = this;
    volume.value = String(Math.round(player.volume * 100));
    quality.value = player.state.quality;
    player.addEventListener("change", () => this.show());
    player.addEventListener("time", () => this.showTime());
    player.addEventListener("queue", () => this.showQueue());
    player.addEventListener("skipped", (event) => {
      this.say(`${/** @type {CustomEvent} */ (event).detail.entry.title}: ${this.dataset.failed}`);
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
    this.showQueue();
  }

  /** Play these from the entry at `index`, `seconds` into it. @param {Entry[]} entries */
  begin(entries, index = 0, seconds = 0) {
    if (!this.player || !entries.length) return;
    this.player.play(entries, Math.max(index, 0), seconds);
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("[data-do]"), { player } = this;
    if (!(button instanceof HTMLElement) || !player) return;
    const what = button.dataset.do;
    if (what === "toggle") this.toggle();
    else if (what === "next") player.next();
    else if (what === "previous") player.previous();
    else if (what === "repeat") player.setRepeat(!player.state.repeat);
    else if (what === "shuffle") player.setShuffle(!player.state.shuffle);
    else if (what === "queue") this.toggleQueue();
    else if (what === "jump") player.jump(Number(button.dataset.at));
    else if (what === "remove") player.remove(Number(button.dataset.at));
    else if (what === "up") player.move(Number(button.dataset.at), Number(button.dataset.at) - 1);
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
      } else if (playTrack) this.begin(await entriesOfTrack(playTrack), 0, Number(at) / 1000);
      else if (playRelease) {
        if (this.isOf(playRelease) && state.playing) this.toggle();
        else this.begin(await entriesOfRelease(playRelease));
        this.release = playRelease;
        this.mark();
      }
    } catch {
      this.say(this.dataset.lost ?? "");
    }
  }

  /** Whether what is played came from this release. @param {string} id */
  isOf(id) {
    return this.release === id && this.player?.state.track !== null;
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

  toggleQueue() {
    const { queue } = this;
    if (!queue) return;
    if (queue.open) queue.close();
    else queue.show();
    this.querySelector("[data-do=queue]")?.setAttribute("aria-expanded", String(queue.open));
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
    const said = blocked ? this.dataset.blocked : error === "network" ? this.dataset.lost : error ? this.dataset.failed : "";
    this.say(said ?? "");
    this.showTrack();
    this.showTime();
    this.mark();
  }

  showTrack() {
    const track = this.player?.state.track, now = this.querySelector(".deck-now");
    if (!track || !now || this.shown === track.key) return;
    this.shown = track.key;
    const title = Object.assign(document.createElement("a"), { href: track.url, className: "title", textContent: track.title });
    const artist = Object.assign(document.createElement("span"), { className: "small quiet", textContent: track.artist });
    const names = document.createElement("div");
    title.dir = artist.dir = "auto";
    names.append(title, artist);
    const cover = track.cover ? Object.assign(new Image(), { src: track.cover, alt: "", className: "cover", width: 48, height: 48 }) : "";
    now.replaceChildren(cover, names);
    if (window.htmx) window.htmx.process(now);
    this.showWave(track.id);
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
    for (const one of document.querySelectorAll(`#page [data-track="${track?.id}"] .wave, #page [data-wave="${track?.id}"] .wave`)) {
      if (one instanceof SVGSVGElement) play(one, share);
    }
  }

  showQueue() {
    const { player } = this, list = this.querySelector(".queue ol");
    if (!player || !list) return;
    const { index } = player.state;
    list.replaceChildren(...player.queue.map((entry, at) => this.queued(entry, at, at === index)));
    if (!player.queue.length) {
      list.append(Object.assign(document.createElement("p"), { className: "quiet", textContent: this.dataset.empty }));
    }
  }

  /** @param {Entry} entry @param {number} at @param {boolean} isCurrent */
  queued(entry, at, isCurrent) {
    const item = document.createElement("li");
    if (isCurrent) item.setAttribute("aria-current", "true");
    const jump = this.button("jump", at, ""), names = document.createElement("span");
    const title = Object.assign(document.createElement("b"), { textContent: entry.title, dir: "auto" });
    names.append(title, Object.assign(document.createElement("small"), { textContent: entry.artist, dir: "auto" }));
    jump.className = "grow";
    jump.append(names);
    const remove = this.button("remove", at, (this.dataset.remove ?? "").replace("%title", entry.title));
    remove.append(this.icon("close"));
    item.append(jump, remove);
    return item;
  }

  /** @param {string} what @param {number} at @param {string} label */
  button(what, at, label) {
    const button = Object.assign(document.createElement("button"), { className: "icon-button" });
    button.dataset.do = what;
    button.dataset.at = String(at);
    if (label) button.setAttribute("aria-label", label);
    return button;
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
    }
    this.showTime();
  }

  /** @param {string} name */
  icon(name) {
    const template = this.querySelector(`template[data-icon=${name}]`);
    return /** @type {HTMLTemplateElement} */ (template).content.cloneNode(true);
  }

  /** @param {string} sentence */
  say(sentence) {
    const place = this.querySelector(".player-says");
    if (!place || place.textContent === sentence) return;
    place.textContent = sentence;
    place.classList.toggle("toast", sentence !== "");
  }
}

customElements.define("veza-player", PlayerBar);
