// The box in which a record is bought: chips choose an amount, and the line under it moves while one types.

/** @param {ParentNode} page */
export function fillBoxes(page) {
  for (const box of page.querySelectorAll("form[data-buy]")) {
    if (box instanceof HTMLFormElement) fill(box);
  }
}

/** @param {HTMLFormElement} box */
function fill(box) {
  const input = box.querySelector("input[name=amount]");
  if (!(input instanceof HTMLInputElement)) return;
  const chips = box.querySelector(".chips");
  if (chips instanceof HTMLElement) chips.hidden = false;
  const digits = Number(box.dataset.digits), fee = Number(box.dataset.feeBps), currency = box.dataset.currency ?? "EUR";
  const locale = document.documentElement.lang, format = new Intl.NumberFormat(locale, { style: "currency", currency });
  const said = (/** @type {number} */ minor) => format.format(minor / 10 ** digits);
  const show = () => {
    const minor = Math.round(Number(input.value.trim().replace(",", ".")) * 10 ** digits);
    if (!Number.isFinite(minor) || minor < 0) return;
    const kept = Math.floor((minor * fee) / 10_000);
    for (const [name, value] of /** @type {[string, number][]} */ ([["share", minor - kept], ["fee", kept]])) {
      const place = box.querySelector(`[data-${name}]`);
      if (place) place.textContent = said(value);
    }
    for (const chip of box.querySelectorAll(".chip")) {
      chip.ariaPressed = String(chip instanceof HTMLElement && chip.dataset.amount === input.value);
    }
  };
  input.addEventListener("input", show);
  box.addEventListener("click", (event) => {
    const chip = /** @type {Element} */ (event.target).closest(".chip");
    if (!(chip instanceof HTMLElement)) return;
    input.value = chip.dataset.amount ?? "";
    show();
  });
}
