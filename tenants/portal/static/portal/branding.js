// The colour fields and the preview, which follow what is typed.

import { ENOUGH, VISIBLE, contrast, inkOn, isReadable, readableVariant } from "./contrast.js";

const form = document.querySelector("[data-branding]");

const expand = (value) => {
  const typed = value.trim().toLowerCase();
  if (/^#[0-9a-f]{6}$/.test(typed)) return typed;
  if (/^#[0-9a-f]{3}$/.test(typed)) return `#${[...typed.slice(1)].map((digit) => digit + digit).join("")}`;
  return null;
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

// Where a colour is hard to read or to see, the nearest one that is not is offered.
const offerReadable = (row, typed, shown) => {
  const { part } = row.dataset;
  const behind = part === "primary" ? shown.background : null;
  const colour = expand(typed);
  const better = colour === null || isReadable(colour, behind) ? null : readableVariant(colour, behind);
  const fix = row.querySelector("[data-colour-fix]");
  fix.hidden = better === null;
  fix.value = better ?? "";
  fix.querySelector("[data-colour-fix-text]").textContent = better ?? "";
  fix.querySelector("circle").setAttribute("fill", better ?? "none");
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
    offerReadable(row, typed, shown);
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
  row.addEventListener("click", (event) => {
    const offered = event.target.closest("[data-colour-fix], [data-suggest]");
    if (!offered) return;
    write(offered.value);
    text.focus();
  });
}

// A preset fills every colour of both themes; nothing of it is saved before the rest is.
for (const preset of document.querySelectorAll("[data-preset]")) {
  preset.addEventListener("click", () => {
    for (const palette of form.querySelectorAll("[data-palette]")) {
      for (const row of palette.querySelectorAll("[data-colour]")) {
        row.querySelector(".input").value = preset.getAttribute(`data-${palette.dataset.palette}-${row.dataset.part}`);
      }
    }
    form.dispatchEvent(new CustomEvent("changed", { bubbles: true }));
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

// A logo that has just gone live brings its colours and stands in the preview.
document.querySelector("[data-files]").addEventListener("renewed", ({ detail: fresh }) => {
  for (const selector of ["data-suggestions", "data-preview-logo"]) {
    for (const old of document.querySelectorAll(`[${selector}]`)) {
      const now = fresh.querySelector(`[${selector}="${old.getAttribute(selector)}"]`);
      if (now) old.replaceWith(now);
    }
  }
});
