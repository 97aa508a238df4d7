// What plays now: its cover, its names, whether it is liked; on a phone it fills the screen when it is asked for.

/** @import {Player} from "./player/player.js" */
/** @import {Queued} from "./player/types.js" */

const COVER_SIDE = 512;

export class NowPlaying {
  /** The entry that is shown. @type {number | undefined} */
  shown;

  /** @param {HTMLElement} bar @param {Player} player */
  constructor(bar, player) {
    this.bar = bar;
    this.player = player;
    this.heart = /** @type {HTMLButtonElement} */ (bar.querySelector("[data-do=like]"));
    bar.addEventListener("keydown", (event) => event.key === "Escape" && this.open(false));
  }

  get isOpen() {
    return this.bar.classList.contains("is-open");
  }

  /** The page behind it cannot be reached while it fills the screen. @param {boolean} opens */
  open(opens) {
    const { bar } = this, page = document.getElementById("page");
    if (opens === this.isOpen) return;
    bar.classList.toggle("is-open", opens);
    page?.toggleAttribute("inert", opens);
    for (const one of bar.querySelectorAll("[data-do=open]")) one.setAttribute("aria-expanded", String(opens));
    const next = bar.querySelector(opens ? ".now-head [data-do=open]" : ".deck [data-do=open]");
    if (next instanceof HTMLElement) next.focus();
  }

  /** @param {Queued} track */
  show(track) {
    const { bar } = this, now = bar.querySelector(".deck-now"), from = bar.querySelector(".now-head span");
    if (this.shown === track.key || !now) return;
    this.shown = track.key;
    const title = Object.assign(document.createElement("a"), { href: track.url, className: "title", textContent: track.title });
    const artist = Object.assign(document.createElement("span"), { className: "small quiet", textContent: track.artist });
    const names = document.createElement("div");
    title.dir = artist.dir = "auto";
    names.append(title, artist);
    now.replaceChildren(coverOf(track), names);
    from?.replaceChildren(Object.assign(document.createElement("a"), { href: track.url, className: "link", textContent: track.release }));
    for (const one of [now, from]) if (one && window.htmx) window.htmx.process(one);
    this.wear(document.querySelector("#page[data-plain]") ? null : track.palette);
    this.askLiked(track);
  }

  /** The colours of a record, once their style sheet is there. @param {string | null | undefined} palette */
  wear(palette) {
    const { bar } = this, before = bar.querySelector("link");
    if (before?.dataset.palette === (palette ?? undefined)) return;
    before?.remove();
    bar.classList.remove("of-record", ...[...bar.classList].filter((one) => one.startsWith("palette-")));
    if (!palette) return;
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `/palettes/${palette}.css` });
    sheet.dataset.palette = palette;
    sheet.addEventListener("load", () => bar.classList.add("of-record", `palette-${palette}`));
    bar.append(sheet);
  }

  /** Only people like. @param {Queued} track */
  async askLiked(track) {
    const isPerson = document.querySelector("#page[data-person]") !== null;
    this.heart.hidden = !isPerson;
    if (!isPerson) return;
    const answer = await fetch(`/api/v1/like-counts?kind=track&id=${track.id}`).catch(() => null);
    const found = answer?.ok ? (await answer.json()).items[0] : null;
    if (this.shown === track.key) this.tellLiked(found?.is_mine === true);
  }

  async like() {
    const { track } = this.player.state, wanted = this.heart.getAttribute("aria-pressed") !== "true";
    if (!track) return;
    this.tellLiked(wanted);
    const body = new URLSearchParams({ liked: wanted ? "yes" : "no" });
    const answer = await fetch(`${track.url}/like`, { method: "POST", body, redirect: "manual" }).catch(() => null);
    const isDone = answer?.type === "opaqueredirect"; // the track's page, which is not needed
    if (!isDone && this.shown === track.key) this.tellLiked(!wanted);
  }

  /** @param {boolean} isLiked */
  tellLiked(isLiked) {
    this.heart.setAttribute("aria-pressed", String(isLiked));
  }
}

/** Its size is that of the style sheet; these give its shape. @param {Queued} track */
function coverOf(track) {
  if (!track.cover) return "";
  return Object.assign(new Image(), { src: track.cover, alt: "", className: "cover", width: COVER_SIDE, height: COVER_SIDE });
}
