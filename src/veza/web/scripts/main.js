// What every page runs: the player beside the page, and what happens around a change of the page (htmx).

import "./bar.js";
import { fillBoxes } from "./buy.js";
import { followChanges } from "./changes.js";
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
  bar?.trouble?.clear("page");
  follow(() => {
    bar?.mark();
    orderTracks();
  });
  const toast = page.querySelector(".toasts .toast");
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

document.addEventListener("focusin", ({ target }) => {
  if (target instanceof HTMLInputElement && target.dataset.suggest) {
    import("./suggest.js").then(({ suggestIn }) => suggestIn(target), () => {}); // it searches without suggestions
  }
});

followChanges(bar);
arrived();
goToFault(); // what a form without htmx was answered with
