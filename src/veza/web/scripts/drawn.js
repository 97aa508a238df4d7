// Links inside of drawings (SVG). htmx takes links of HTML alone: without this a click on one would load the page anew, and
// the music would stop. A link of HTML with the same address is put beside the drawing for the click.

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("svg a") : null;
  const address = link?.getAttribute("href") ?? "", page = document.getElementById("page");
  const isPlain = event instanceof MouseEvent && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !page || !window.htmx || !isPlain || !address.startsWith("/")) return;
  event.preventDefault();
  const twin = Object.assign(document.createElement("a"), { href: address, hidden: true });
  page.append(twin);
  window.htmx.process(twin);
  twin.click();
});
