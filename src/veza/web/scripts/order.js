// The order of a release's tracks: a row is dragged, or moved one place by its buttons. The list shows the new order at
// once, and is put in place as the server has it then; the focus stays with the row that was moved.

import { lookAgain } from "./live.js";
import { placeOf, putAt, sortable } from "./sorting.js";

const REGIONS = ["tracks", "check"];

/** @typedef {"up" | "down"} Way */

/** @type {WeakSet<Element>} */
const known = new WeakSet();
/** What is sent, one after the other. */
let sending = Promise.resolve(), waiting = 0;

/** The list that has come, also within a region that was put in place alone. */
export function orderTracks() {
  const list = document.querySelector("[data-order]");
  if (!(list instanceof HTMLElement) || known.has(list)) return;
  known.add(list);
  sortable(list, (from, to) => keep(/** @type {HTMLElement} */ (list.children[to]), from, "down"));
}

// Before htmx takes the form: a page that is replaced as a whole would lose the place one is at.
document.addEventListener("submit", (event) => {
  const button = /** @type {HTMLButtonElement | null} */ (event.submitter), row = button?.closest("[data-order] > li");
  if (!button || !(row instanceof HTMLElement)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const way = /** @type {Way} */ (button.value.split(" ")[0]), from = placeOf(row);
  putAt(row, Math.max(from + (way === "up" ? -1 : 1), 0));
  keep(row, from, way);
}, true);

/** Sends where the row is now, and says it. @param {HTMLElement} row @param {number} from @param {Way} way whose button gets the focus */
function keep(row, from, way) {
  const list = /** @type {HTMLElement} */ (row.parentElement), form = row.querySelector("form"), place = placeOf(row) + 1;
  const { moved = "", failed = "" } = list.dataset, { row: id = "" } = row.dataset, count = list.children.length;
  if (!form) return;
  focus(row, way);
  waiting += 1;
  sending = sending.then(async () => {
    try {
      const body = new URLSearchParams({ move: `${place} ${id}` });
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (waiting === 1 && row.isConnected && !document.querySelector(".is-dragged")) replace(page, id, way);
      lookAgain();
      const title = row.querySelector("bdi")?.textContent ?? "";
      say(moved.replace("%title", title).replace("%place", String(place)).replace("%count", String(count)));
    } catch {
      if (row.isConnected) putAt(row, from);
      toast(failed);
    } finally {
      waiting -= 1;
    }
  });
}

/** The regions as the server has them. @param {Document} page @param {string} id @param {Way} way */
function replace(page, id, way) {
  const hadFocus = document.getElementById(REGIONS[0])?.contains(document.activeElement);
  for (const name of REGIONS) {
    const fresh = page.getElementById(name);
    if (!fresh) continue;
    document.getElementById(name)?.replaceWith(fresh);
    window.htmx?.process(fresh);
  }
  orderTracks();
  const row = document.querySelector(`[data-order] > [data-row="${CSS.escape(id)}"]`);
  if (row && hadFocus) focus(row, way);
}

/** The button that moved it, or at an end of the list the other one. @param {Element} row @param {Way} way */
function focus(row, way) {
  const button = row.querySelector(`button[value^="${way}"]`) ?? row.querySelector("button[name=move]");
  if (button instanceof HTMLElement) button.focus({ preventScroll: true });
}

/** @param {string} text */
function say(text) {
  const says = document.getElementById("says");
  if (says) says.textContent = text;
}

/** @param {string} text */
function toast(text) {
  const shown = Object.assign(document.createElement("div"), { className: "toast", textContent: text });
  document.querySelector(".toasts")?.replaceChildren(shown);
}
