// The colour fields and the preview, which follow what is typed.

const ENOUGH = 4.5;
const VISIBLE = 3;
const form = document.querySelector("[data-branding]");

const expand = (value) => {
  const typed = value.trim().toLowerCase();
  if (/^#[0-9a-f]{6}$/.test(typed)) return typed;
  if (/^#[0-9a-f]{3}$/.test(typed)) return `#${[...typed.slice(1)].map((digit) => digit + digit).join("")}`;
  return null;
};

const luminance = (colour) => {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const contrast = (first, second) => {
  const [lighter, darker] = [luminance(first), luminance(second)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
};

// As the chat chooses it: white where it can be read, else the better of white and near-black.
const inkOn = (colour) => {
  const white = contrast("#ffffff", colour);
  return white >= ENOUGH || white >= contrast("#0d0d0d", colour) ? "#ffffff" : "#0d0d0d";
};

const ratio = (value) => `${value.toFixed(1)} : 1`;

const describe = (part, colour, background) => {
  const ink = inkOn(colour);
  const onIt = contrast(ink, colour);
  const name = ink === "#ffffff" ? "White" : "Black";
  if (part === "primary" && contrast(colour, background) < VISIBLE) {
    return ["warn", `Hard to see on the background (${ratio(contrast(colour, background))}, should be 3 : 1).`];
  }
  if (onIt < ENOUGH) return ["warn", `Text on it is hard to read (${ratio(onIt)}, should be 4.5 : 1).`];
  return ["fine", `${name} text on it: ${ratio(onIt)}`];
};

const paintPalette = (palette) => {
  const preview = document.querySelector(`[data-preview="${palette.dataset.palette}"]`);
  const rows = [...palette.querySelectorAll("[data-colour]")];
  const shown = {};
  for (const row of rows) {
    const typed = row.querySelector(".input").value;
    shown[row.dataset.part] = expand(typed) ?? row.dataset.default;
    const clear = row.querySelector("[data-colour-clear]");
    clear.hidden = typed === "";
  }
  for (const [part, colour] of Object.entries(shown)) {
    preview.style.setProperty(`--preview-${part}`, colour);
    preview.style.setProperty(`--preview-on-${part}`, inkOn(colour));
  }
  for (const row of rows) {
    const { part } = row.dataset;
    const typed = row.querySelector(".input").value.trim();
    const hint = row.querySelector("[data-colour-hint]");
    row.querySelector("[data-colour-well]").value = shown[part];
    // Where the server's own message stands, a second one would only repeat it.
    hint.hidden = typed === "" || (expand(typed) === null && row.querySelector(".error") !== null);
    const [level, sentence] =
      expand(typed) === null ? ["warn", "Not a colour yet: write #rrggbb."] : describe(part, shown[part], shown.background);
    hint.dataset.level = level;
    if (hint.textContent !== sentence) hint.textContent = sentence;
  }
};

const paint = () => {
  const name = form.elements.display_name.value.trim();
  for (const place of document.querySelectorAll("[data-preview-name]")) place.textContent = name || "Your assistant";
  for (const place of document.querySelectorAll("[data-preview-initial]")) place.textContent = [...name][0]?.toUpperCase() ?? "A";
  const font = form.elements.font.value || "default";
  for (const preview of document.querySelectorAll(".preview")) preview.className = `preview font-${font}`;
  for (const palette of form.querySelectorAll("[data-palette]")) paintPalette(palette);
};

for (const row of form.querySelectorAll("[data-colour]")) {
  const text = row.querySelector(".input");
  const well = row.querySelector("[data-colour-well]");
  well.hidden = false;
  const write = (value) => {
    text.value = value;
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  well.addEventListener("input", (event) => {
    event.stopPropagation();
    write(well.value);
  });
  row.querySelector("[data-colour-clear]").addEventListener("click", () => {
    write("");
    text.focus();
  });
}

const state = document.querySelector("[data-preview-state]");
const saved = new URLSearchParams(new FormData(form)).toString();
const follow = () => {
  paint();
  state.hidden = new URLSearchParams(new FormData(form)).toString() === saved;
};
form.addEventListener("input", follow);
form.addEventListener("changed", follow);
paint();
