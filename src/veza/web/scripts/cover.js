// A cover before it is sent: drawn on a canvas, which takes no right beyond the policy of the pages, as the site cuts it,
// the square in the middle.

const SIDE = 336;

/** @param {ParentNode} page */
export function showCovers(page) {
  for (const form of page.querySelectorAll("form[data-cover]")) {
    const input = form.querySelector("input[type=file]");
    if (form instanceof HTMLFormElement && input instanceof HTMLInputElement) watch(form, input);
  }
}

/** @param {HTMLFormElement} form @param {HTMLInputElement} input */
function watch(form, input) {
  const old = form.querySelector(".cover"), says = document.createElement("p");
  says.className = "small";
  says.setAttribute("role", "status");
  input.closest("label")?.after(says);
  input.addEventListener("change", async () => {
    const file = input.files?.[0], drawn = file ? await drawing(file) : null;
    if (file !== input.files?.[0]) return; // another one was chosen meanwhile
    says.textContent = (file && (drawn ? form.dataset.cover : form.dataset.unreadable)) ?? "";
    form.querySelector("canvas")?.remove();
    if (drawn) old?.before(drawn);
    if (old instanceof HTMLElement) old.hidden = drawn !== null;
  });
}

/** The square in its middle; null for what is no picture to this browser. @param {File} file */
async function drawing(file) {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return null;
  const { width, height } = picture, side = Math.min(width, height);
  const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE, className: "cover" });
  canvas.getContext("2d")?.drawImage(picture, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  canvas.setAttribute("aria-hidden", "true");
  picture.close();
  return canvas;
}
