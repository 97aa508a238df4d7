// What went wrong, said over the bar, with a button that tries again: of the page, and of what is played.

/** @typedef {{sentence: string, label: string, again?: () => void}} Told */

const NOTHING = { sentence: "", label: "" };

export class Trouble {
  /** The page's is said first: what is played is tried again by itself. @type {{page: Told, player: Told}} */
  #told = { page: NOTHING, player: NOTHING };

  /** @param {HTMLElement} bar */
  constructor(bar) {
    this.place = /** @type {HTMLElement} */ (bar.querySelector(".player-says"));
    this.says = /** @type {HTMLElement} */ (this.place.querySelector("p"));
    this.button = /** @type {HTMLButtonElement} */ (this.place.querySelector("button"));
    this.button.addEventListener("click", () => {
      const of = this.#told.page.sentence ? "page" : "player", { again } = this.#told[of];
      this.clear(of);
      again?.();
    });
  }

  /**
   * @param {"page" | "player"} of
   * @param {string | undefined} sentence
   * @param {string} [label] of the button
   * @param {() => void} [again] what a click on it does
   */
  tell(of, sentence = "", label = "", again) {
    this.#told[of] = { sentence, label, again };
    const { page, player } = this.#told, said = page.sentence ? page : player;
    if (this.says.textContent !== said.sentence) this.says.textContent = said.sentence;
    this.button.hidden = !said.again;
    this.button.textContent = said.label;
    this.place.classList.toggle("toast", said.sentence !== "");
  }

  /** @param {"page" | "player"} of */
  clear(of) {
    this.tell(of);
  }
}
