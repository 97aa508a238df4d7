/** htmx, where it was fetched. */
interface Window {
  htmx?: { process(element: Element): void };
}
