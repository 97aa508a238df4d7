// Files sent in parts (tus): a line that is lost goes on where it was, also after the page was loaded anew.

/**
 * @typedef {{start(): void, abort(): Promise<void>, findPreviousUploads(): Promise<object[]>,
 *   resumeFromPreviousUpload(one: object): void}} Upload
 * @typedef {{Upload: new (file: File, options: object) => Upload}} Tus
 */

const ENDPOINT = "/api/v1/uploads";
const PART_BYTES = 8 * 1024 * 1024;
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
  const input = form.querySelector("input[type=file]");
  if (!(input instanceof HTMLInputElement)) return;
  let isAsking = false;
  /** @param {File[]} files */
  const begin = async (files) => {
    if (!files.length || isAsking) return;
    isAsking = true;
    const tus = await client(form.dataset.tus ?? "");
    isAsking = false;
    form.querySelector("[role=alert]")?.remove();
    if (!tus) return withoutTus(form, input, files);
    input.value = "";
    send(tus, form, files);
  };
  form.addEventListener("submit", (event) => {
    if (!input.files?.length) return;
    event.preventDefault();
    begin([...input.files]);
  });
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    begin(input.multiple ? files : files.slice(0, 1));
  });
}

/**
 * The form is sent as one, with the files in it, also those that were dropped; one that cannot be says so, and keeps them.
 * @param {HTMLFormElement} form
 * @param {HTMLInputElement} input
 * @param {File[]} files
 */
function withoutTus(form, input, files) {
  const held = new DataTransfer();
  for (const file of files) held.items.add(file);
  input.files = held.files;
  if (form.method === "post") return form.submit();
  const says = Object.assign(document.createElement("p"), { className: "callout bad", textContent: form.dataset.absent ?? "" });
  says.setAttribute("role", "alert");
  form.append(says);
}

/** @param {Tus} tus @param {HTMLFormElement} form @param {File[]} files */
async function send(tus, form, files) {
  const drop = crypto.randomUUID(), rows = files.map((file) => shown(form, file));
  const sent = await Promise.all(files.map((file, place) => upload(tus, form, file, rows[place], drop, files.length)));
  const page = document.getElementById("page");
  if (sent.every(Boolean) && page?.contains(form)) arrive(page);
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
 * @param {string} drop
 * @param {number} count
 * @returns {Promise<boolean>} whether all of it has come
 */
function upload(tus, form, file, row, drop, count) {
  const { kind = "track", id = "" } = form.dataset;
  const together = kind === "artist" ? { drop, dropFiles: String(count), relativePath: file.webkitRelativePath || file.name } : {};
  return new Promise((resolve) => {
    const one = new tus.Upload(file, {
      endpoint: ENDPOINT,
      chunkSize: PART_BYTES,
      retryDelays: RETRY_AFTER_MS,
      removeFingerprintOnSuccess: true,
      metadata: { [kind]: id, filename: file.name, ...together },
      onProgress: (/** @type {number} */ bytes, /** @type {number} */ all) => {
        row.progress.value = all ? bytes / all : 1;
        row.progress.className = "line grows";
        row.says.textContent = `${Math.floor((100 * bytes) / (all || 1))} %`;
      },
      onError: (/** @type {Error} */ error) => {
        row.progress.className = "line dropped";
        row.says.textContent = form.dataset.dropped ?? error.message;
        row.again.hidden = false;
      },
      onSuccess: () => {
        row.says.textContent = form.dataset.whole ?? "";
        row.again.hidden = true;
        resolve(true);
      },
    });
    row.again.addEventListener("click", () => {
      row.again.hidden = true;
      one.start();
    });
    one.findPreviousUploads().then((found) => {
      if (found.length && kind !== "artist") one.resumeFromPreviousUpload(found[0]);
      one.start();
    });
  });
}

/** @typedef {{progress: HTMLProgressElement, says: HTMLElement, again: HTMLButtonElement}} Row */

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
