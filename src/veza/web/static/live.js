// @ts-check
/**
 * Keeps the marked regions of a page current. The page is asked for again every few seconds, with the ETag of the one
 * shown, so that an unchanged one costs nearly nothing; of a changed one only the regions that differ are put in place.
 * Without this module the same pages work by being reloaded.
 */

const EVERY_MS = 2_000;
const LONGEST_WAIT_MS = 30_000;
const ANSWER_WITHIN_MS = 10_000;
/** A page that is slow to make is asked for less often: at most this part of the time is spent on it. */
const SHARE_OF_TIME = 0.1;

const address = document.documentElement.dataset.live ?? "";
const says = byId("live-says");
const stateText = byId("live-state");
const button = byId("live-button");

/** What the server last said of each region, to compare with: the document itself has been touched since. */
const known = new Map([...regions(document)].map((region) => [region.id, region.innerHTML]));
let etag = "";
let failures = 0;
let paused = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

button.hidden = false;
button.addEventListener("click", () => {
  paused = !paused;
  show(paused ? "Paused." : "Live.");
  if (!paused) look();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !paused) look();
});
show("Live.");
again(EVERY_MS);

/** Asks once, puts in place what is new, and plans the next time. */
async function look() {
  clearTimeout(timer);
  if (paused || document.hidden) return;
  const began = performance.now();
  try {
    const answer = await fetch(address, {
      headers: etag ? { "If-None-Match": etag } : {},
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (answer.type === "opaqueredirect") return show("You are signed out: reload the page to sign in.");
    if (answer.status === 200) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      // A region that was skipped because the operator works in it must be offered again.
      etag = takeOver(page) ? (answer.headers.get("etag") ?? "") : "";
    } else if (answer.status !== 304) {
      throw new Error(`answered ${answer.status}`);
    }
    failures = 0;
    show("Live.");
    again(Math.max(EVERY_MS, (performance.now() - began) / SHARE_OF_TIME));
  } catch {
    failures += 1;
    show("No connection, trying again.");
    again(Math.min(LONGEST_WAIT_MS, EVERY_MS * 2 ** Math.min(failures, 10)));
  }
}

/**
 * @param {Document} page
 * @returns {boolean} whether every region could be brought up to date
 */
function takeOver(page) {
  let complete = true;
  /** @type {string[]} */
  const news = [];
  for (const fresh of regions(page)) {
    const region = document.getElementById(fresh.id);
    if (!region || known.get(fresh.id) === fresh.innerHTML) continue;
    if (isBusy(region)) {
      complete = false;
      continue;
    }
    if (fresh.dataset.says && fresh.dataset.says !== region.dataset.says) news.push(fresh.dataset.says);
    known.set(fresh.id, fresh.innerHTML);
    replace(region, fresh);
  }
  if (news.length) says.textContent = news.join(" ");
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

/** @param {number} wait */
function again(wait) {
  clearTimeout(timer);
  timer = setTimeout(look, wait);
}

/** @param {string} text */
function show(text) {
  stateText.textContent = text;
  button.textContent = paused ? "Go on" : "Pause";
}

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}
