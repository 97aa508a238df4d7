// Changes of the page (htmx): links that are gone when their page comes, going back, and pages that do not come.

/** @import {PlayerBar} from "./bar.js" */

/** In every page of the site. */
const A_PAGE = 'id="page"';

/**
 * @typedef {{headers: Record<string, string>, xhr: XMLHttpRequest, target: Element, serverResponse: string,
 *   shouldSwap: boolean, selectOverride?: string, swapOverride?: string, pathInfo: {finalRequestPath: string},
 *   requestConfig: {elt: Element, verb: string, triggeringEvent?: SubmitEvent}}} Request
 */

/** While the page before is fetched again, what is clicked would be put into a page that is about to go: it waits. */
let isRestoring = false;
/** @type {string | null} */
let clickedMeanwhile = null;

/** @param {PlayerBar | null} bar says what does not come, and offers to ask again */
export function followChanges(bar) {
  // An answer is put into a page, what is wrong in it, too: a program would be told it as JSON.
  on("htmx:configRequest", ({ headers }) => {
    headers.Accept = "text/html";
  });
  on("htmx:beforeSwap", (request) => {
    if (request.target.id !== "page" || !request.shouldSwap) return;
    if (!request.serverResponse.includes(A_PAGE)) {
      request.shouldSwap = false; // a proxy's: nothing of it would be put in place of the page
      tell(bar?.dataset.unanswered, againOf(request));
    } else if (!request.requestConfig.elt.isConnected) {
      // News were put into the region that the link stood in. Without what it inherited from the body, its answer would
      // be put into the page as a whole, with a second player.
      request.selectOverride = "#page";
      request.swapOverride = "outerHTML show:window:top";
    }
  });

  // The line is lost, or no answer comes: the page stays, and the player with it.
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    on(name, (request) => {
      if (request.target.id === "page") tell(bar?.dataset.unreached, againOf(request));
      else bar?.trouble?.tell("player", bar.dataset.lost); // a part that looks again by itself
    });
  }

  addEventListener("popstate", (event) => {
    isRestoring = event.state?.htmx === true;
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const from = /** @type {Element} */ (event.target);
    if (!isRestoring || !(from instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    clickedMeanwhile = from.href;
  });
  on("htmx:historyRestore", restored);
  on("htmx:historyCacheMissLoadError", () => notRestored(bar?.dataset.unanswered));
  // htmx says nothing of a line that is lost while one goes back.
  on("htmx:historyCacheMiss", ({ xhr }) => {
    xhr.addEventListener("error", () => notRestored(bar?.dataset.unreached));
  });

  /** @param {string | undefined} sentence */
  function notRestored(sentence) {
    const { pathname, search } = location;
    tell(sentence, () => open(pathname + search, true));
    restored();
  }

  /** @param {string | undefined} sentence @param {(() => void) | undefined} again */
  function tell(sentence, again) {
    bar?.trouble?.tell("page", sentence, bar.dataset.again, again);
  }
}

/** @param {string} name @param {(request: Request) => void} hear */
function on(name, hear) {
  document.addEventListener(name, (event) => hear(/** @type {CustomEvent} */ (event).detail));
}

function restored() {
  const wanted = clickedMeanwhile;
  isRestoring = false;
  clickedMeanwhile = null;
  if (wanted) open(wanted);
}

/** What asks for the same once more; a form that is gone cannot. @param {Request} request @returns {(() => void) | undefined} */
function againOf({ requestConfig: { verb, elt, triggeringEvent }, pathInfo }) {
  if (verb === "get") return () => open(pathInfo.finalRequestPath);
  const by = triggeringEvent?.submitter;
  if (!(elt instanceof HTMLFormElement) || !elt.isConnected) return undefined;
  return () => (by?.isConnected ? by.click() : elt.requestSubmit()); // htmx sends the value of a button that was clicked
}

/** As by a click on a link. @param {string} address @param {boolean} [isHere] the address is the page's already */
export function open(address, isHere = false) {
  const link = Object.assign(document.createElement("a"), { href: address, hidden: true });
  if (isHere) link.setAttribute("hx-replace-url", "true");
  document.getElementById("page")?.append(link);
  window.htmx?.process(link);
  link.click();
}
