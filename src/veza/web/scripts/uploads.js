// Files sent in parts (tus): a line that is lost goes on where it was, also after the page was loaded anew.

import { chosen, dropped } from "./given.js";

/** @import {Given} from "./given.js" */

/**
 * @typedef {{start(): void, abort(): Promise<void>, findPreviousUploads(): Promise<object[]>,
 *   resumeFromPreviousUpload(one: object): void}} Upload
 * @typedef {{Upload: new (file: File, options: object) => Upload}} Tus
 * @typedef {Error & {originalResponse?: {getBody(): string} | null}} Refused
 */

const ENDPOINT = "/api/v1/uploads";
const PART_BYTES = 8 * 1024 * 1024;
/** Files: more do not make a line faster, and the server has places for four of a person. */
const AT_ONCE = 3;
const RETRY_AFTER_MS = [500, 1_000, 2_000, 4_000, 8_000];

/** @type {Promise<Tus | null> | undefined} */
let loading;

/** The tus client, fetched when the first file is sent; null if it does not come: the next file asks again. @param {string} address */
function client(address) {
  loading ??= new Promise((resolve) => {
    const script = Object.assign(document.createElement("script"), { src: address });
    script.onload = () => resolve(/** @type {{tus?: Tus}} */ (/** @type {unknown} */ (window)).tus ?? null);
    script.onerror = () => {
      loading = undefined;
      resolve(null);
    };
    document.head.append(script);
  });
  return loading;
}

/** Forms whose files go by tus where scripts run; without it they are sent as forms are. @param {ParentNode} page */
export function takeFiles(page) {
  for (const form of page.querySelectorAll("form[data-upload]")) {
    if (form instanceof HTMLFormElement && form.dataset.tus) take(form);
  }
}

/** @param {HTMLFormElement} form */
function take(form) {
  const inputs = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[type=file]")]);
  const isPlain = form.method === "post", most = Number(form.dataset.most ?? 1);
  let isAsking = false;
  /** What could not be sent, and is by the next click. @type {Given[]} */
  let kept = [];
  /** @param {Given[] | Promise<Given[]>} giving */
  const begin = async (giving) => {
    if (isAsking) return;
    isAsking = true;
    const [tus, given] = await Promise.all([client(form.dataset.tus ?? ""), Promise.resolve(giving).catch(() => null)]);
    isAsking = false;
    form.querySelector("[role=alert]")?.remove();
    kept = [];
    if (!given) return alarm(form, form.dataset.unread);
    if (!given.length) return;
    if (!isPlain && given.length > most) return alarm(form, form.dataset.many);
    if (tus) {
      form.reset();
      send(tus, form, given.slice(0, most));
    } else if (isPlain) {
      inputs[0].files = held(given.slice(0, most));
      form.submit();
    } else {
      kept = given;
      alarm(form, form.dataset.absent);
    }
  };
  form.addEventListener("submit", (event) => {
    const given = chosen(inputs);
    if (isPlain && !given.length) return;
    event.preventDefault();
    begin(given.length ? given : kept);
  });
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer) begin(dropped(event.dataTransfer, most));
  });
}

/** The files as a field has them. @param {Given[]} given */
function held(given) {
  const transfer = new DataTransfer();
  for (const { file } of given) transfer.items.add(file);
  return transfer.files;
}

/** @param {HTMLFormElement} form @param {string} [text] */
function alarm(form, text = "") {
  const says = Object.assign(document.createElement("p"), { className: "callout bad", textContent: text });
  says.setAttribute("role", "alert");
  form.append(says);
}

/** A random UUID. Browsers make one by themselves in a secure context alone, which a site without TLS on another machine is not. */
function freshId() {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  const bytes = /** @type {Crypto} */ (crypto).getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A ZIP is a record of its own; other files that are given to an artist at once are one drop. @param {File} file */
const isZip = (file) => /\.zip$/i.test(file.name);

/** @param {Tus} tus @param {HTMLFormElement} form @param {Given[]} given */
function send(tus, form, given) {
  const drop = freshId(), rows = given.map(({ file }) => shown(form, file));
  const count = given.filter(({ file }) => file.size && !isZip(file)).length;
  let whole = 0, next = 0;
  const come = () => {
    const page = document.getElementById("page");
    whole += 1;
    if (whole === given.length && page?.contains(form)) arrive(page);
  };
  const sendOn = async () => {
    while (next < given.length) {
      const row = rows[next], { file, path } = given[next++];
      const isDropped = form.dataset.kind === "artist" && !isZip(file);
      if (!file.size) stop(row, form.dataset.empty); // the server takes none, and would wait for it
      else await upload(tus, form, file, row, isDropped ? { drop, dropFiles: String(count), relativePath: path } : {}, come);
    }
  };
  for (let place = 0; place < AT_ONCE; place += 1) sendOn();
}

/** The page as it is now: what has come is on it. @param {HTMLElement} page */
function arrive(page) {
  const link = Object.assign(document.createElement("a"), { href: location.pathname, hidden: true });
  page.append(link);
  window.htmx?.process(link);
  link.click();
}

/**
 * @param {Tus} tus
 * @param {HTMLFormElement} form
 * @param {File} file
 * @param {Row} row
 * @param {{drop?: string, dropFiles?: string, relativePath?: string}} drop what it came with, and where it lay
 * @param {() => void} come called once all of it has come
 * @returns {Promise<void>} until it has come, or stands still
 */
function upload(tus, form, file, row, drop, come) {
  const { kind = "track", id = "" } = form.dataset;
  return new Promise((resolve) => {
    const goOn = () => {
      if (row.again.hidden) return;
      row.again.hidden = true;
      one.start();
    };
    const one = new tus.Upload(file, {
      endpoint: ENDPOINT,
      chunkSize: PART_BYTES,
      retryDelays: RETRY_AFTER_MS,
      removeFingerprintOnSuccess: true,
      metadata: { [kind]: id, filename: file.name, ...drop },
      onProgress: (/** @type {number} */ bytes, /** @type {number} */ all) => {
        row.progress.value = all ? bytes / all : 1;
        row.progress.className = "line grows";
        row.says.textContent = `${Math.floor((100 * bytes) / (all || 1))} %`;
      },
      onError: (/** @type {Refused} */ error) => {
        const refused = refusal(error);
        stop(row, refused ?? form.dataset.dropped);
        row.again.hidden = false;
        if (!refused) addEventListener("online", goOn, { once: true }); // a line that comes back is enough
        resolve();
      },
      onSuccess: () => {
        row.says.textContent = form.dataset.whole ?? "";
        row.again.hidden = true;
        come();
        resolve();
      },
    });
    row.again.addEventListener("click", goOn);
    one.findPreviousUploads().then((found) => {
      if (found.length && !drop.drop) one.resumeFromPreviousUpload(found[0]);
      one.start();
    });
  });
}

/** @typedef {{progress: HTMLProgressElement, says: HTMLElement, again: HTMLButtonElement}} Row */

/** What the server said of it; null where none answered. @param {Refused} error @returns {string | null} */
function refusal(error) {
  try {
    const { detail } = JSON.parse(error.originalResponse?.getBody() ?? "");
    return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;
  } catch {
    return null;
  }
}

/** @param {Row} row @param {string} [why] */
function stop(row, why = "") {
  row.progress.className = "line dropped";
  row.says.textContent = why;
}

/** A line for a file, with how far it is. @param {HTMLFormElement} form @param {File} file @returns {Row} */
function shown(form, file) {
  const item = document.createElement("div"), name = document.createElement("b"), says = document.createElement("span");
  const progress = Object.assign(document.createElement("progress"), { max: 1, value: 0, className: "line grows" });
  const again = Object.assign(document.createElement("button"), { type: "button", className: "button little", hidden: true });
  item.className = "stack tight";
  item.setAttribute("role", "status");
  name.dir = "auto";
  name.textContent = file.name;
  progress.setAttribute("aria-label", file.name);
  again.textContent = form.dataset.again ?? "";
  item.append(name, progress, says, again);
  form.append(item);
  return { progress, says, again };
}
