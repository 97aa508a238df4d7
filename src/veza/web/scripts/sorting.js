// Rows that are put in another order: their grip is dragged, or the arrow keys are pressed on it.

const ROW = "[data-row]", GRIP = "[data-grip]";

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
    drag(row, placeOf(row), moved);
  });
}

/** The row goes where the pointer is, until that is let go. @param {HTMLElement} row @param {number} from @param {(from: number, to: number) => void} moved */
function drag(row, from, moved) {
  const ends = new AbortController(), { signal } = ends;
  row.classList.add("is-dragged");
  document.addEventListener("pointermove", ({ clientY }) => {
    const before = row.previousElementSibling, after = row.nextElementSibling;
    if (before?.matches(ROW) && clientY < middleOf(before)) before.before(row);
    else if (after?.matches(ROW) && clientY > middleOf(after)) after.after(row);
  }, { signal });
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => {
      ends.abort();
      row.classList.remove("is-dragged");
      const to = placeOf(row);
      if (to !== from) moved(from, to);
    }, { signal });
  }
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

/** @param {HTMLElement} row */
function placeOf(row) {
  return rowsOf(row.parentElement).indexOf(row);
}

/** @param {Element} row */
function middleOf(row) {
  const { top, height } = row.getBoundingClientRect();
  return top + height / 2;
}
