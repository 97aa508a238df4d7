// What every page runs: the player beside the page, and what happens around a change of the page (htmx).

import "./bar.js";
import { fillBoxes } from "./buy.js";

/** @import {PlayerBar} from "./bar.js" */

const TOAST_STAYS_MS = 6_000;

const bar = /** @type {PlayerBar | null} */ (document.querySelector("veza-player"));
const says = document.getElementById("says");

/** A page has come: its boxes are filled, what is played is marked, and its toast goes after a while. */
function arrived() {
  const page = document.getElementById("page");
  if (!page) return;
  fillBoxes(page);
  bar?.mark();
  const toast = page.querySelector(".toast");
  if (toast) setTimeout(() => toast.remove(), TOAST_STAYS_MS);
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (!(event.target instanceof Element) || event.target.id !== "page") return;
  arrived();
  const main = document.getElementById("main");
  if (!location.hash) main?.focus({ preventScroll: true });
  if (says) says.textContent = document.title;
});

// The line is lost, or no answer comes: the page stays, and the player with it.
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => bar?.say(bar.dataset.lost ?? ""));
}

arrived();
