// Contrast of colours written #rrggbb (WCAG 2.2, 1.4.3 and 1.4.11), as tenants/portal/contrast.py has it.

export const ENOUGH = 4.5;
export const VISIBLE = 3;
const STEPS = 40;

const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

const luminance = (colour) => {
  const [red, green, blue] = channels(colour).map((value) => {
    const channel = value / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

export const contrast = (first, second) => {
  const [lighter, darker] = [luminance(first), luminance(second)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
};

// As the chat chooses it: white where it can be read, else the better of white and near-black.
export const inkOn = (colour) => {
  const white = contrast("#ffffff", colour);
  return white >= ENOUGH || white >= contrast("#0d0d0d", colour) ? "#ffffff" : "#0d0d0d";
};

const mix = (colour, target, share) => {
  const other = channels(target);
  const mixed = channels(colour).map((own, at) => Math.round(own + (other[at] - own) * share));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
};

// Whether text can be read on a colour, and the colour be seen on what is behind it where there is such a thing.
export const isReadable = (colour, behind = null) =>
  contrast(inkOn(colour), colour) >= ENOUGH && (behind === null || contrast(colour, behind) >= VISIBLE);

// The nearest colour, lighter or darker, that is readable; null where there is none.
export const readableVariant = (colour, behind = null) => {
  for (let step = 1; step <= STEPS; step += 1) {
    const targets = behind !== null && inkOn(behind) === "#ffffff" ? ["#ffffff", "#000000"] : ["#000000", "#ffffff"];
    for (const target of targets) {
      const mixed = mix(colour, target, step / STEPS);
      if (isReadable(mixed, behind)) return mixed;
    }
  }
  return null;
};
