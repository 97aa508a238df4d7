// What changes on the server, told to open pages: one stream (server-sent events) for all tabs of the browser. The tab
// with the lock holds it and tells the others. A page asks for itself again and puts its regions `data-live="topic"` in
// place. Where there is no stream, pages ask every few seconds, as they do without this module.

const STREAM = "/live", NAME = "veza-live";
const DOWN_AFTER_MS = 6_000;
const TRY_AGAIN_MS = 30_000;
/** A page that comes so soon after news may have been made before them. */
const ON_ITS_WAY_MS = 5_000;

/** @typedef {{asks?: boolean, up?: boolean, id?: string, topics?: string[]}} News */

const canFollow = "locks" in navigator && "BroadcastChannel" in window && "EventSource" in window;
const channel = canFollow ? new BroadcastChannel(NAME) : null;
let hasBegun = false, isLeading = false, isUp = false, lastId = "", heardAt = -ON_ITS_WAY_MS;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let falling;
/** @type {() => void} */
let afterwards = () => {};
/** @type {((topics: string[]) => void)[]} */
const hearers = [];

channel?.addEventListener("message", (event) => hear(event.data));

// While the stream is there, a region need not look again by itself.
document.addEventListener("htmx:beforeRequest", (event) => {
  const from = /** @type {Element} */ (event.target);
  if (isUp && from.matches("[hx-trigger^=load]") && from.closest("[data-live]")) event.preventDefault();
});

/** A page has come. @param {() => void} whenChanged  called after a region was put in place */
export function follow(whenChanged) {
  afterwards = whenChanged;
  if (!regions().length || !channel) return;
  if (isUp && performance.now() - heardAt < ON_ITS_WAY_MS) look(regions());
  begin();
}

/** Whether the stream is there: what moves is told. */
export function isTold() {
  return isUp;
}

/** @param {(topics: string[]) => void} hearer  called with the topics that moved */
export function onNews(hearer) {
  hearers.push(hearer);
}

function begin() {
  if (hasBegun) return;
  hasBegun = true;
  channel?.postMessage({ asks: true });
  navigator.locks.request(NAME, lead).catch(() => {}).then(() => {
    hasBegun = isLeading = false;
    setTimeout(() => regions().length && begin(), TRY_AGAIN_MS);
  });
}

/** Holds the stream until it is over: signed out, or refused. @returns {Promise<void>} */
function lead() {
  isLeading = true;
  const source = new EventSource(lastId ? `${STREAM}?last=${encodeURIComponent(lastId)}` : STREAM);
  source.onmessage = (event) => tell({ up: true, id: event.lastEventId, topics: JSON.parse(event.data) });
  return new Promise((resolve) => {
    const end = () => {
      source.close();
      tell({ up: false });
      resolve();
    };
    source.addEventListener("end", end);
    // A lost line is taken up by the browser itself, with the id of what it heard last.
    source.onerror = () => (source.readyState === EventSource.CLOSED ? end() : tell({ up: false }));
  });
}

/** @param {News} news */
function tell(news) {
  channel?.postMessage(news);
  hear(news);
}

/** @param {News} news */
function hear({ asks, up, id, topics = [] }) {
  if (asks) {
    if (isLeading && isUp) channel?.postMessage({ up: true, id: lastId });
  } else if (up) {
    clearTimeout(falling);
    falling = undefined;
    const isNew = !isUp;
    isUp = true;
    lastId = id ?? lastId;
    if (topics.length) heardAt = performance.now();
    // What changed between the page and the stream was told to no tab.
    look(regions().filter((one) => (isNew ? isOld(one) : topics.includes(one.dataset.live ?? ""))));
    if (topics.length) for (const hearer of hearers) hearer(topics);
  } else {
    falling ??= setTimeout(() => {
      isUp = false;
      look(regions());
    }, DOWN_AFTER_MS);
  }
}

/** Whether the region may show another state than the one told last. @param {HTMLElement} region */
function isOld({ dataset: { live, state } }) {
  return !state || !lastId.split(",").includes(`${live}=${state}`);
}

let isLooking = false, looksAgain = false;

/** What is being asked for may be older than what the page has just changed: it is asked for once more. */
export function lookAgain() {
  if (isLooking) look(regions());
}

/** Asks for the page again, and puts in place what differs. @param {HTMLElement[]} wanted */
async function look(wanted) {
  if (!wanted.length) return;
  looksAgain = isLooking;
  if (isLooking) return;
  isLooking = true;
  try {
    const address = location.pathname + location.search;
    const answer = await fetch(address, { headers: { Accept: "text/html" }, cache: "no-store", redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok && address === location.pathname + location.search) {
      for (const region of wanted) replace(region, page.getElementById(region.id));
      afterwards();
    }
  } catch {
    // The stream tells when the server is back.
  } finally {
    isLooking = false;
    if (looksAgain) look(regions());
  }
}

/** @param {HTMLElement} region @param {HTMLElement | null} fresh */
function replace(region, fresh) {
  if (!fresh || !region.isConnected || region.isEqualNode(fresh) || isWorkedIn(region)) return;
  const at = [...region.querySelectorAll("a, button")].indexOf(document.activeElement ?? region);
  const parts = region.querySelectorAll("details"), freshParts = fresh.querySelectorAll("details");
  if (parts.length === freshParts.length) freshParts.forEach((one, place) => (one.open ||= parts[place]?.open ?? false));
  region.replaceWith(fresh);
  window.htmx?.process(fresh);
  if (at >= 0) /** @type {HTMLElement[]} */ ([...fresh.querySelectorAll("a, button")])[at]?.focus({ preventScroll: true });
}

/** Whether text is typed in it, or a part of it is dragged. @param {HTMLElement} region */
function isWorkedIn(region) {
  if (region.querySelector(".is-dragged")) return true;
  const fields = [...region.querySelectorAll("input:not([type=hidden]), textarea")];
  return fields.some((one) => {
    const field = /** @type {HTMLInputElement} */ (one);
    return field === document.activeElement || field.value !== field.defaultValue;
  });
}

/** @returns {HTMLElement[]} */
function regions() {
  return [...document.querySelectorAll("[data-live][id]")].filter((one) => one instanceof HTMLElement);
}
