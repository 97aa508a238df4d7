// What every page runs: the player beside the page, and what happens around a change of the page (htmx).

import "./bar.js";
import { fillBoxes } from "./buy.js";
import { showCovers } from "./cover.js";
import "./drawn.js";
import { follow } from "./live.js";
import { keepFresh } from "./office.js";
import { orderTracks } from "./order.js";
import { takeFiles } from "./uploads.js";

/** @import {PlayerBar} from "./bar.js" */

const TOAST_STAYS_MS = 6_000;

const bar = /** @type {PlayerBar | null} */ (document.querySelector("veza-player"));
const says = document.getElementById("says");

/** A page has come: its boxes are filled, what is played is marked, and its toast goes after a while. */
function arrived() {
  const page = document.getElementById("page");
  if (!page) return;
  fillBoxes(page);
  takeFiles(page);
  showCovers(page);
  orderTracks();
  keepFresh(page);
  bar?.now?.open(false);
  bar?.mark();
  follow(() => {
    bar?.mark();
    orderTracks();
  });
  const toast = page.querySelector(".toast");
  if (toast) setTimeout(() => toast.remove(), TOAST_STAYS_MS);
}

document.addEventListener("htmx:afterSettle", (event) => {
  bar?.mark();
  if (!(event.target instanceof Element) || event.target.id !== "page") return;
  arrived();
  if (!goToFault() && !location.hash && !isAsked()) document.getElementById("main")?.focus({ preventScroll: true });
  if (says) says.textContent = document.title;
});

/** Where a form was refused, its reader goes on at the first wrong field, else at what is said of it: whether there is one. */
function goToFault() {
  const fault = shown("[aria-invalid=true]") ?? (isAsked() ? null : shown("[role=alert]"));
  if (!fault) return false;
  if (!fault.matches("input, select, textarea")) fault.tabIndex = -1;
  fault.focus();
  return true;
}

/** The first of the page's own parts like this that can be seen. @param {string} like @returns {HTMLElement | null} */
function shown(like) {
  const found = [...document.querySelectorAll(`#main ${like}`)].find((one) => one.checkVisibility());
  return found instanceof HTMLElement ? found : null;
}

/** Whether the page has put the focus on its question already. */
function isAsked() {
  return document.activeElement?.matches("#main [autofocus]") ?? false;
}

// A link may be gone when its page comes: news were put into the region it stood in. Its answer is a page all the same, and
// without what the link inherited from the body it would be put into the page as a whole, with a second player.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  if (detail.requestConfig?.elt.isConnected !== false || detail.target.id !== "page") return;
  detail.selectOverride = "#page";
  detail.swapOverride = "outerHTML show:window:top";
});

// While the page before is fetched again, what is clicked would be put into a page that is about to go: it waits.
let isRestoring = false;
/** @type {string | null} */
let clickedMeanwhile = null;

addEventListener("popstate", (event) => {
  isRestoring = event.state?.htmx === true;
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const from = /** @type {Element} */ (event.target);
  if (!isRestoring || !(from instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  clickedMeanwhile = from.href;
});

for (const name of ["htmx:historyRestore", "htmx:historyCacheMissLoadError"]) {
  document.addEventListener(name, () => {
    isRestoring = false;
    const wanted = clickedMeanwhile, page = document.getElementById("page");
    clickedMeanwhile = null;
    if (!wanted || !page) return;
    const link = Object.assign(document.createElement("a"), { href: wanted, hidden: true });
    page.append(link);
    window.htmx?.process(link);
    link.click();
  });
}

// The line is lost, or no answer comes: the page stays, and the player with it.
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => bar?.say(bar.dataset.lost ?? ""));
}

arrived();
goToFault(); // what a form without htmx was answered with
