// What may be meant, under a search field while one types; what was searched for lately, before. The combobox of ARIA: the
// focus stays in the field, and arrows choose. It is loaded when a field has the focus for the first time.

import { open } from "./changes.js";

const ASKED = "/api/v1/search/suggestions?q=", KEPT = "veza-searches";
const MOST_KEPT = 6;
/** Between a letter and the question; a quick hand writes five in a second. */
const PAUSE_MS = 120;

/** @typedef {{kind: string, id: string, name: string, by: string, slug: string | null}} Suggestion */
/** @typedef {{text: string, note?: string, address?: string}} Line  without an address it is searched for */

/** @type {WeakMap<HTMLInputElement, Box>} */
const boxes = new WeakMap();

/** A search field has the focus. @param {HTMLInputElement} field */
export function suggestIn(field) {
  let box = boxes.get(field);
  if (!box) boxes.set(field, (box = new Box(field)));
  if (document.activeElement === field && field.value === field.defaultValue && field.value) return;
  if (document.activeElement === field) box.typed();
}

class Box {
  /** @type {Line[]} */
  lines = [];
  chosen = -1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  waiting;
  /** @type {AbortController | undefined} */
  asking;

  /** @param {HTMLInputElement} field */
  constructor(field) {
    this.field = field;
    this.form = /** @type {HTMLFormElement} */ (field.form);
    /** @type {Record<string, string>} */
    this.words = JSON.parse(field.dataset.suggest ?? "{}");
    this.list = make("ul", { id: `${field.id}-list`, role: "listbox" });
    this.head = make("p", { class: "small" }, this.words.recent);
    this.forget = make("button", { class: "button plain little", type: "button" }, this.words.forget);
    this.box = make("div", { class: "suggests" });
    this.box.append(this.head, this.list, this.forget);
    this.close();
    field.closest(".suggested")?.append(this.box);
    for (const [name, value] of Object.entries({ role: "combobox", autocomplete: "list", controls: this.list.id })) {
      field.setAttribute(name === "role" ? name : `aria-${name}`, value);
    }
    field.addEventListener("input", () => this.typed());
    field.addEventListener("keydown", (event) => this.pressed(event));
    this.form.addEventListener("submit", () => {
      remember(field.value);
      this.close();
    });
    this.form.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget !== field && relatedTarget !== this.forget) this.close();
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      field.focus();
      this.close();
    });
    this.box.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the field
    this.list.addEventListener("click", ({ target }) => {
      const line = /** @type {Element} */ (target).closest("li");
      if (line) this.take([...this.list.children].indexOf(line));
    });
    this.forget.addEventListener("click", () => {
      keep([]);
      field.focus();
      this.close();
    });
  }

  /** The text is another one: what was asked for before is of no use. */
  typed() {
    this.stop();
    const text = this.field.value.trim();
    if (text) this.waiting = setTimeout(() => this.ask(text), PAUSE_MS);
    else this.show(kept().map((one) => ({ text: one })), true);
  }

  stop() {
    clearTimeout(this.waiting);
    this.asking?.abort();
  }

  /** @param {string} text */
  async ask(text) {
    const { signal } = (this.asking = new AbortController());
    try {
      const answer = await fetch(ASKED + encodeURIComponent(text), { signal });
      /** @type {{suggestions: Suggestion[]}} */
      const { suggestions } = answer.ok ? await answer.json() : { suggestions: [] };
      if (!signal.aborted) this.show(suggestions.map((one) => this.lineOf(one)), false);
    } catch {
      if (!signal.aborted) this.close(); // the field searches without suggestions
    }
  }

  /** @param {Suggestion} one @returns {Line} */
  lineOf({ kind, id, name, by, slug }) {
    const note = by || this.words[kind];
    if (kind === "person") return { text: name, note };
    return { text: name, note: by ? `${by} · ${this.words[kind]}` : note, address: `/${kind}s/${kind === "artist" ? slug : id}` };
  }

  /** @param {Line[]} lines @param {boolean} isRecent */
  show(lines, isRecent) {
    if (!lines.length) return this.close();
    this.lines = lines;
    this.list.replaceChildren(...lines.map(({ text, note }, place) => {
      const line = make("li", { id: `${this.list.id}-${place}`, role: "option" });
      line.append(make("bdi", {}, text));
      if (note) line.append(make("span", { class: "quiet" }, note));
      return line;
    }));
    this.list.setAttribute("aria-label", this.words[isRecent ? "recent" : "list"]);
    this.head.hidden = this.forget.hidden = !isRecent;
    this.box.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    this.choose(-1);
    const says = document.getElementById("says");
    if (says) says.textContent = this.words.count.replace("%count", String(lines.length));
  }

  close() {
    this.stop();
    this.lines = [];
    this.list.replaceChildren();
    this.box.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
    this.chosen = -1;
  }

  /** @param {number} place  -1 for the field itself */
  choose(place) {
    this.chosen = place;
    [...this.list.children].forEach((line, at) => line.setAttribute("aria-selected", String(at === place)));
    const line = this.list.children[place];
    if (line) this.field.setAttribute("aria-activedescendant", line.id);
    else this.field.removeAttribute("aria-activedescendant");
    line?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.isComposing) return; // the keys belong to the input method
    const count = this.lines.length, step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      // Past either end one is in the field again.
      if (count) this.choose(((this.chosen + 1 + step + count + 1) % (count + 1)) - 1);
      else this.typed();
    } else if (event.key === "Escape" && count) this.close();
    else if (event.key === "Enter" && this.chosen >= 0) this.take(this.chosen);
    else return;
    event.preventDefault();
  }

  /** @param {number} place */
  take(place) {
    const { text, address } = this.lines[place];
    remember(text);
    this.field.value = text;
    this.close();
    if (address) open(address);
    else this.form.requestSubmit();
  }
}

/** @param {string} text */
function remember(text) {
  const asked = text.trim();
  if (asked) keep([asked, ...kept().filter((one) => one !== asked)].slice(0, MOST_KEPT));
}

/** What was searched for in this browser, the last one first. @returns {string[]} */
function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return []; // a browser that keeps nothing, or what is no list
  }
}

/** @param {string[]} searches */
function keep(searches) {
  try {
    if (searches.length) localStorage.setItem(KEPT, JSON.stringify(searches));
    else localStorage.removeItem(KEPT);
  } catch {
    // A browser that keeps nothing.
  }
}

/** @template {keyof HTMLElementTagNameMap} T @param {T} name @param {Record<string, string>} attributes @param {string} [text] */
function make(name, attributes, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
