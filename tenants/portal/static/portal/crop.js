// Cropping a picture before it is uploaded: drawn and cut on a canvas of this page, so that only what is kept is sent.
// An SVG has no pixels to cut and goes as it is.

const LARGEST_SHOWN = [520, 320];
const EDGES = ["left", "top", "right", "bottom"];
const page = document.querySelector("[data-files]");
const dialog = document.querySelector("[data-cropper]");
const canvas = dialog.querySelector("canvas");
const fields = Object.fromEntries(EDGES.map((edge) => [edge, dialog.querySelector(`[name=crop_${edge}]`)]));
const size = dialog.querySelector("[data-crop-size]");

let place = null;
let file = null;
let picture = null;

const cut = () => Object.fromEntries(EDGES.map((edge) => [edge, fields[edge].valueAsNumber || 0]));

// What stays, in pixels of the picture; at least one of each side.
const kept = () => {
  const { left, top, right, bottom } = cut();
  return [left, top, Math.max(1, picture.width - left - right), Math.max(1, picture.height - top - bottom)];
};

const draw = () => {
  const [left, top, width, height] = kept();
  const context = canvas.getContext("2d");
  const scale = canvas.width / picture.width;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  // What goes is covered, not hidden: one sees what one cuts off.
  context.fillStyle = "rgb(20 20 28 / 0.62)";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.clearRect(left * scale, top * scale, width * scale, height * scale);
  context.drawImage(picture, left, top, width, height, left * scale, top * scale, width * scale, height * scale);
  size.textContent = size.dataset.sentence.replace("{width}", width).replace("{height}", height);
};

// An edge can be moved as far as the one across from it.
const bound = () => {
  const { left, top, right, bottom } = cut();
  fields.left.max = picture.width - right - 1;
  fields.right.max = picture.width - left - 1;
  fields.top.max = picture.height - bottom - 1;
  fields.bottom.max = picture.height - top - 1;
};

const keep = (left, top, width, height) => {
  fields.left.value = left;
  fields.top.value = top;
  fields.right.value = picture.width - left - width;
  fields.bottom.value = picture.height - top - height;
  bound();
  draw();
};

const bring = (chosen) => place.dispatchEvent(new CustomEvent("bring", { bubbles: true, detail: chosen }));

const open = async (chosen, where) => {
  [file, place] = [chosen, where];
  try {
    picture = file.type === "image/svg+xml" ? null : await createImageBitmap(file);
  } catch {
    picture = null; // the server says what is wrong with it
  }
  if (!picture) {
    bring(file);
    return;
  }
  const scale = Math.min(1, LARGEST_SHOWN[0] / picture.width, LARGEST_SHOWN[1] / picture.height);
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  keep(0, 0, picture.width, picture.height);
  dialog.showModal();
};

const cropped = async () => {
  const [left, top, width, height] = kept();
  if (width === picture.width && height === picture.height) return file;
  const whole = new OffscreenCanvas(width, height);
  whole.getContext("2d").drawImage(picture, left, top, width, height, 0, 0, width, height);
  // As it came, where a browser can write that; what may be transparent stays so.
  const type = ["image/jpeg", "image/webp"].includes(file.type) ? file.type : "image/png";
  const blob = await whole.convertToBlob({ type, quality: 0.95 });
  const name = blob.type === file.type ? file.name : `${file.name.replace(/\.[^.]*$/, "")}.png`;
  return new File([blob], name, { type: blob.type });
};

page.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-crop]") || !target.files.length) return;
  const [chosen] = target.files;
  target.value = "";
  open(chosen, target.closest("[data-place]"));
});

for (const edge of EDGES) {
  fields[edge].addEventListener("input", () => {
    const field = fields[edge];
    if (field.valueAsNumber > Number(field.max)) field.value = field.max;
    if (field.valueAsNumber < 0) field.value = 0;
    bound();
    draw();
  });
}

// By pointer: from one corner of what stays to the other.
let from = null;
const at = ({ clientX, clientY }) => {
  const box = canvas.getBoundingClientRect();
  const across = (value, length, whole) => Math.min(whole, Math.max(0, Math.round((value / length) * whole)));
  return [across(clientX - box.left, box.width, picture.width), across(clientY - box.top, box.height, picture.height)];
};
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  from = at(event);
});
canvas.addEventListener("pointermove", (event) => {
  if (!from) return;
  const to = at(event);
  const [left, right] = [from[0], to[0]].sort((one, other) => one - other);
  const [top, bottom] = [from[1], to[1]].sort((one, other) => one - other);
  if (right > left && bottom > top) keep(left, top, right - left, bottom - top);
});
for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (from = null));

dialog.querySelector("[data-crop-reset]").addEventListener("click", () => keep(0, 0, picture.width, picture.height));
dialog.addEventListener("close", async () => {
  if (dialog.returnValue === "crop") bring(await cropped());
  else if (dialog.returnValue === "whole") bring(file);
  dialog.returnValue = "";
});
