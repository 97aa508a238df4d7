// @ts-check
/**
 * Keeps the marked regions of a page current. The page is asked for again when the stream says that its topic moved, and
 * every few seconds where there is no stream; with the ETag of the one shown, so that an unchanged one costs nearly
 * nothing. Of a changed one only the regions that differ are put in place. Without this module the same pages work by
 * being reloaded.
 */

import { isTold, onNews } from "./live.js";

const EVERY_MS = 2_000;
/** While the stream tells: ages grow, and what happened between the page and the stream was told to no one. */
const EVERY_TOLD_MS = 15_000;
const LONGEST_WAIT_MS = 30_000;
const ANSWER_WITHIN_MS = 10_000;
/** A page that is slow to make is asked for less often: at most this part of the time is spent on it. */
const SHARE_OF_TIME = 0.1;

/**
 * @typedef {object} Looking  What is known of the page that is followed.
 * @property {HTMLElement} from  The element that says which address is asked, and what is told.
 * @property {HTMLElement} state
 * @property {HTMLElement} button
 * @property {Map<string, string>} known  What the server last said of each region: the document itself has been touched since.
 * @property {string} etag
 * @property {number} failures
 * @property {boolean} paused
 * @property {boolean} isAsking
 * @property {boolean} asksAgain  What is being asked for may be older than the news that came meanwhile.
 */

/** @type {Looking | undefined} */
let now;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {ParentNode} page  Follows the page that has come, if it asks for that; what was followed before is left. */
export function keepFresh(page) {
  clearTimeout(timer);
  now = undefined;
  const from = /** @type {HTMLElement | null} */ (page.querySelector("[data-follow]"));
  const state = document.getElementById("live-state"), button = document.getElementById("live-button");
  if (!from || !state || !button) return;
  const known = new Map([...regions(document)].map((region) => [region.id, region.innerHTML]));
  /** @type {Looking} */
  const begun = { from, state, button, known, etag: "", failures: 0, paused: false, isAsking: false, asksAgain: false };
  now = begun;
  button.hidden = false;
  button.addEventListener("click", () => {
    begun.paused = !begun.paused;
    tell(begun, begun.paused ? "paused" : "on");
    if (!begun.paused) look(begun);
  });
  tell(begun, "on");
  again(begun, EVERY_MS);
}

onNews((topics) => {
  if (now && !now.paused && topics.includes(now.from.dataset.topic ?? "")) look(now);
});

document.addEventListener("visibilitychange", () => {
  if (now && !document.hidden && !now.paused) look(now);
});

/** @param {Looking} of  Asks once, puts in place what is new, and plans the next time. */
async function look(of) {
  clearTimeout(timer);
  if (of !== now || of.paused || document.hidden) return;
  of.asksAgain = of.isAsking;
  if (of.isAsking) return;
  of.isAsking = true;
  const began = performance.now();
  try {
    const answer = await fetch(of.from.dataset.follow ?? "", {
      headers: { Accept: "text/html", ...(of.etag ? { "If-None-Match": of.etag } : {}) },
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (of !== now) return;
    if (answer.type === "opaqueredirect" || answer.status === 401) return tell(of, "out");
    if (answer.status === 200) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (of !== now) return;
      // A region that was skipped because the operator works in it must be offered again.
      of.etag = takeOver(of, page) ? (answer.headers.get("etag") ?? "") : "";
    } else if (answer.status !== 304) {
      throw new Error(`answered ${answer.status}`);
    }
    of.failures = 0;
    tell(of, "on");
    const every = isTold() && of.from.dataset.topic ? EVERY_TOLD_MS : EVERY_MS;
    again(of, Math.max(every, (performance.now() - began) / SHARE_OF_TIME));
  } catch {
    of.failures += 1;
    tell(of, "lost");
    again(of, Math.min(LONGEST_WAIT_MS, EVERY_MS * 2 ** Math.min(of.failures, 10)));
  } finally {
    of.isAsking = false;
    if (of.asksAgain) look(of);
  }
}

/**
 * @param {Looking} of
 * @param {Document} page
 * @returns {boolean} whether every region could be brought up to date
 */
function takeOver(of, page) {
  let complete = true;
  /** @type {string[]} */
  const news = [];
  for (const fresh of regions(page)) {
    const region = document.getElementById(fresh.id);
    if (!region || of.known.get(fresh.id) === fresh.innerHTML) continue;
    if (isBusy(region)) {
      complete = false;
      continue;
    }
    if (fresh.dataset.says && fresh.dataset.says !== region.dataset.says) news.push(fresh.dataset.says);
    of.known.set(fresh.id, fresh.innerHTML);
    replace(region, fresh);
  }
  const says = document.getElementById("live-says");
  if (news.length && says) says.textContent = news.join(" ");
  return complete;
}

/** @param {HTMLElement} region  Whether the operator types in it, or has marked text in it. */
function isBusy(region) {
  const active = document.activeElement;
  if (active?.matches("input, textarea, select") && region.contains(active)) return true;
  for (const field of region.querySelectorAll("textarea, input:not([type=hidden])")) {
    if (/** @type {HTMLInputElement} */ (field).value !== /** @type {HTMLInputElement} */ (field).defaultValue) return true;
  }
  const marked = document.getSelection();
  return Boolean(marked && !marked.isCollapsed && marked.containsNode(region, true));
}

/**
 * @param {HTMLElement} region
 * @param {HTMLElement} fresh
 */
function replace(region, fresh) {
  const before = new Map([...keyed(region)].map((part) => [part.dataset.key, part.innerHTML]));
  const focused = region.contains(document.activeElement) ? wayBack(region, document.activeElement) : "";
  region.className = fresh.className;
  if (fresh.dataset.says) region.dataset.says = fresh.dataset.says;
  region.replaceChildren(...fresh.childNodes);
  window.htmx?.process(region); // its links and forms change the page as all others do, and the music plays on
  for (const part of keyed(region)) {
    if (before.get(part.dataset.key) !== part.innerHTML) part.classList.add("fresh");
  }
  if (focused) /** @type {HTMLElement | null} */ (region.querySelector(focused))?.focus({ preventScroll: true });
}

/**
 * @param {HTMLElement} region
 * @param {Element | null} active
 * @returns {string} a selector that finds the same link or button in the new content
 */
function wayBack(region, active) {
  if (!active || active === region) return "";
  const href = active.getAttribute("href");
  return href ? `a[href="${CSS.escape(href)}"]` : active.localName;
}

/** @param {Document} page @returns {NodeListOf<HTMLElement>} */
function regions(page) {
  return page.querySelectorAll("[data-live-region][id]");
}

/** @param {HTMLElement} region @returns {NodeListOf<HTMLElement>} */
function keyed(region) {
  return region.querySelectorAll("[data-key]");
}

/**
 * @param {Looking} of
 * @param {number} wait
 */
function again(of, wait) {
  clearTimeout(timer);
  timer = setTimeout(() => look(of), wait);
}

/**
 * @param {Looking} of
 * @param {"on" | "paused" | "lost" | "out"} how
 */
function tell(of, how) {
  of.state.textContent = of.from.dataset[how] ?? "";
  of.button.textContent = (of.paused ? of.from.dataset.resume : of.from.dataset.pause) ?? "";
}
