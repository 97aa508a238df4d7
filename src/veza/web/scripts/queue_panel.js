// What comes next, beside the page: it is put in another order, shortened and emptied there.

import { clock } from "./clock.js";
import { sortable } from "./sorting.js";

/** @import {Player} from "./player/player.js" */
/** @import {Queued} from "./player/types.js" */

export class QueuePanel {
  /** What the list was made of. */
  shown = "";

  /**
   * @param {HTMLElement} bar holds the panel, its button, the sentences and the icons
   * @param {Player} player
   */
  constructor(bar, player) {
    this.bar = bar;
    this.player = player;
    this.panel = /** @type {HTMLDialogElement} */ (bar.querySelector(".queue"));
    this.list = /** @type {HTMLElement} */ (bar.querySelector(".queue ol"));
    this.levels = /** @type {HTMLInputElement} */ (bar.querySelector("[data-levels]"));
    sortable(this.list, (from, to) => this.moved(from, to));
    this.levels.checked = player.state.levels;
    this.levels.addEventListener("change", () => player.setLevelling(this.levels.checked));
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && this.toggle());
    player.addEventListener("queue", () => this.show());
    player.addEventListener("change", () => this.show());
    this.show();
  }

  toggle() {
    const { panel, bar } = this, button = bar.querySelector("[data-do=queue]");
    if (panel.open) panel.close();
    else panel.show();
    button?.setAttribute("aria-expanded", String(panel.open));
    if (!panel.open && button instanceof HTMLElement) button.focus();
  }

  /** The current entry, those that were put into the queue by hand, and those that follow by themselves. */
  show() {
    const { player, bar, list } = this, { index, track, playing, rung } = player.state, { queue } = player;
    const state = JSON.stringify([queue.map((one) => one.key), index, playing]);
    const says = bar.querySelector("[data-rung]");
    const name = rung && rung !== "preview" ? nameOf(rung) : "";
    if (says instanceof HTMLElement) {
      says.textContent = name;
      says.parentElement?.toggleAttribute("hidden", !name);
    }
    if (state === this.shown) return;
    this.shown = state;
    const focused = document.activeElement?.closest("[data-key]");
    const at = focused instanceof HTMLElement && list.contains(focused) ? focused.dataset.key : undefined;
    const following = queue.slice(index + 1), automatic = following.findIndex((one) => !one.isAdded);
    const split = automatic < 0 ? following.length : automatic;
    list.replaceChildren();
    if (track) list.append(this.heading(bar.dataset.now), this.row(track, index, playing ? "pause" : "play"));
    else list.append(Object.assign(document.createElement("li"), { className: "quiet", textContent: bar.dataset.empty }));
    following.forEach((one, place) => {
      if (place === 0 && split > 0) list.append(this.heading(bar.dataset.added));
      if (place === split) list.append(this.heading(this.restOf(following.slice(split))));
      list.append(this.row(one, index + 1 + place));
    });
    bar.querySelector("[data-do=empty]")?.toggleAttribute("hidden", !following.length);
    if (at) /** @type {HTMLElement | null} */ (list.querySelector(`[data-key="${at}"] [data-grip]`))?.focus();
  }

  /** @param {Queued[]} rest */
  restOf(rest) {
    const isOne = rest.every((one) => one.release === rest[0].release);
    return isOne ? this.bar.dataset.rest?.replace("%release", rest[0].release) : this.bar.dataset.then;
  }

  /** Rows are those that follow the current entry. @param {number} from @param {number} to */
  moved(from, to) {
    const { player, bar } = this, first = player.state.index + 1, { title } = player.queue[first + from];
    this.shown = "";
    player.move(first + from, first + to);
    const says = document.getElementById("says");
    if (says) says.textContent = (bar.dataset.moved ?? "").replace("%title", title).replace("%place", String(to + 1));
  }

  /** @param {string | undefined} text */
  heading(text) {
    return Object.assign(document.createElement("li"), { className: "queue-part", textContent: text ?? "" });
  }

  /** @param {Queued} entry @param {number} at @param {"play" | "pause"} [current] what a click on the current one does */
  row(entry, at, current) {
    const { bar } = this, item = document.createElement("li"), names = document.createElement("span");
    const title = Object.assign(document.createElement("b"), { textContent: entry.title, dir: "auto" });
    names.append(title, Object.assign(document.createElement("small"), { textContent: entry.artist, dir: "auto" }));
    const cover = entry.cover ? Object.assign(new Image(), { src: entry.cover, alt: "", width: 44, height: 44 }) : "";
    const jump = this.button(current ? "current" : "jump", at, "");
    jump.className = "grow";
    jump.append(cover, names);
    item.dataset.key = String(entry.key);
    const length = Object.assign(document.createElement("span"), { className: "number quiet", textContent: clock(entry.duration) });
    if (current) {
      item.setAttribute("aria-current", "true");
      const sign = document.createElement("span");
      sign.className = "queue-sign";
      sign.append(this.icon(current));
      item.append(sign, jump, length);
      return item;
    }
    item.dataset.row = "";
    const grip = this.button("", at, (bar.dataset.grip ?? "").replace("%title", entry.title));
    grip.dataset.grip = "";
    grip.append(this.icon("grip"));
    const remove = this.button("remove", at, (bar.dataset.remove ?? "").replace("%title", entry.title));
    remove.append(this.icon("close"));
    item.append(grip, jump, length, remove);
    return item;
  }

  /** @param {string} what @param {number} at @param {string} label */
  button(what, at, label) {
    const button = Object.assign(document.createElement("button"), { className: "icon-button" });
    if (what) button.dataset.do = what;
    button.dataset.at = String(at);
    if (label) button.setAttribute("aria-label", label);
    return button;
  }

  /** @param {string} name */
  icon(name) {
    return /** @type {HTMLTemplateElement} */ (this.bar.querySelector(`template[data-icon=${name}]`)).content.cloneNode(true);
  }
}

/** What listeners call a rung: `aac128` is AAC 128. @param {string} rung */
function nameOf(rung) {
  return rung.toUpperCase().replace(/^AAC/, "AAC ");
}
