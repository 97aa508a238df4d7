// Rows that are put in another order: their grip is dragged, or the arrow keys are pressed on it.

const ROW = "[data-row]", GRIP = "[data-grip]";
/** Pixels below what scrolls the list, and above its end, within which a dragged row scrolls it, and by how many a frame. */
const EDGE = 96, SCROLLED = 10;

/**
 * @param {HTMLElement} list rows are among its children; a grip is inside of its row
 * @param {(from: number, to: number) => void} moved the row at `from` shall stand at `to`, counted among the rows
 */
export function sortable(list, moved) {
  list.addEventListener("keydown", (event) => {
    const row = rowOf(event), step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!row || !step) return;
    event.preventDefault();
    const from = placeOf(row), to = from + step;
    if (to >= 0 && to < rowsOf(list).length) moved(from, to);
  });
  list.addEventListener("pointerdown", (event) => {
    const row = rowOf(event);
    if (!row || event.button !== 0) return;
    event.preventDefault();
    drag(row, event, moved);
  });
}

/**
 * The row goes where the pointer is, until that is let go; Escape, and a finger that the browser takes over, put it back.
 * @param {HTMLElement} row
 * @param {PointerEvent} began
 * @param {(from: number, to: number) => void} moved
 */
function drag(row, began, moved) {
  const from = placeOf(row), after = row.nextElementSibling, ends = new AbortController(), { signal } = ends;
  let y = began.clientY;
  row.classList.add("is-dragged");
  row.setPointerCapture(began.pointerId);
  const step = () => {
    if (signal.aborted) return;
    scroll(row, y);
    makeWay(row, y);
    requestAnimationFrame(step);
  };
  /** @param {boolean} isKept */
  const end = (isKept) => {
    ends.abort();
    row.classList.remove("is-dragged");
    if (!isKept && after) after.before(row);
    else if (!isKept) row.parentElement?.append(row);
    else if (placeOf(row) !== from) moved(from, placeOf(row));
  };
  row.addEventListener("pointermove", (event) => makeWay(row, (y = event.clientY)), { signal });
  row.addEventListener("pointerup", () => end(true), { signal });
  row.addEventListener("pointercancel", () => end(false), { signal });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    end(false);
  }, { signal, capture: true });
  requestAnimationFrame(step);
}

/** The rows beside it move, and not the row itself: one that is taken out loses the pointer. @param {HTMLElement} row @param {number} y */
function makeWay(row, y) {
  for (let next = row.nextElementSibling; next?.matches(ROW) && y > middleOf(next); next = row.nextElementSibling) {
    row.before(next);
  }
  for (let last = row.previousElementSibling; last?.matches(ROW) && y < middleOf(last); last = row.previousElementSibling) {
    row.after(last);
  }
}

/** Where the list goes on beyond what is seen of it. @param {HTMLElement} row @param {number} y */
function scroll(row, y) {
  const box = row.closest("dialog") ?? document.documentElement, list = row.parentElement;
  if (!list) return;
  const bottom = box === document.documentElement ? innerHeight - EDGE : box.getBoundingClientRect().bottom;
  const { top: first, bottom: last } = list.getBoundingClientRect();
  if (y < EDGE && first < EDGE) box.scrollBy(0, -SCROLLED);
  else if (y > bottom - EDGE && last > bottom) box.scrollBy(0, SCROLLED);
}

/** @param {HTMLElement} row @param {number} place */
export function putAt(row, place) {
  const others = rowsOf(row.parentElement).filter((one) => one !== row), next = others[place];
  if (next) next.before(row);
  else others.at(-1)?.after(row);
}

/** @param {Event} event @returns {HTMLElement | null} */
function rowOf(event) {
  const grip = /** @type {Element} */ (event.target).closest(GRIP);
  return grip ? grip.closest(ROW) : null;
}

/** @param {Element | null} list */
function rowsOf(list) {
  return [...(list?.children ?? [])].filter((one) => one.matches(ROW));
}

/** The first row's is 0. @param {HTMLElement} row */
export function placeOf(row) {
  return rowsOf(row.parentElement).indexOf(row);
}

/** @param {Element} row */
function middleOf(row) {
  const { top, height } = row.getBoundingClientRect();
  return top + height / 2;
}
