// The frame beside a form that shows what is typed in a real chat. What is typed is kept for this sign-in alone; the chat
// in the frame is told that there is something new, and asks for it itself.

const SOON = 300; // milliseconds without another letter after which what is typed is kept
const SIZES = { desktop: [1280, 800], phone: [390, 780] };

const preview = document.querySelector("[data-live-preview]");
const form = document.getElementById(preview.dataset.livePreview);
const frame = preview.querySelector("[data-live-frame]");
const stage = preview.querySelector("[data-live-stage]");
const state = preview.querySelector("[data-live-state]");
const link = preview.querySelector("[data-live-open]");
const fallback = document.querySelectorAll("[data-live-fallback]");

const typed = () => new URLSearchParams(new FormData(form)).toString();
const saved = typed();
const chosen = (name) => preview.querySelector(`[name=${name}]:checked`).value;
const say = (sentence) => {
  if (state.textContent !== sentence) state.textContent = sentence;
};

let secret = "";
let address = "";
let asking = null;
let waiting;

const fit = () => {
  const [width, height] = SIZES[chosen("live_width")];
  // As large as the page is wide, and no higher than what stays in sight beside the form.
  const scale = Math.min(1, stage.clientWidth / width, Math.max(0.5, (innerHeight - 300) / height));
  Object.assign(frame.style, { width: `${width}px`, height: `${height}px`, transform: `scale(${scale})` });
  frame.style.marginInlineStart = `${Math.max(0, (stage.clientWidth - width * scale) / 2)}px`;
  stage.style.height = `${height * scale}px`;
};

const load = () => {
  const whole = `${address}?theme=${chosen("live_theme")}`;
  link.href = whole;
  link.hidden = false;
  // In the place of the present entry of the history, so that the browser's way back leads out of this page.
  if (frame.src) frame.contentWindow.location.replace(whole);
  else frame.src = whole;
};

const take = (answer) => {
  ({ secret } = answer);
  say(typed() === saved ? preview.dataset.same : preview.dataset.typed);
  if (answer.address === address) {
    frame.contentWindow.postMessage("preview", location.origin);
    return;
  }
  ({ address } = answer);
  for (const painted of fallback) painted.hidden = true;
  load();
};

const keep = async () => {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  try {
    const answer = await fetch(preview.dataset.url, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { accept: "application/json", "x-preview": secret },
      signal,
    });
    if (answer.ok) take(await answer.json());
    else if (answer.status === 422) say(preview.dataset.incomplete);
    else if (answer.status === 401) say(preview.dataset.ended);
    else say(preview.dataset.away);
  } catch (error) {
    if (!signal.aborted) say(preview.dataset.away);
    console.info("What is typed was not kept.", error);
  }
};

const keepSoon = () => {
  clearTimeout(waiting);
  waiting = setTimeout(keep, SOON);
};

preview.hidden = false;
say(preview.dataset.waiting);
const root = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
preview.querySelector(`[name=live_theme][value=${root}]`).checked = true;
new ResizeObserver(fit).observe(stage);
addEventListener("resize", fit);
fit();
for (const radio of preview.querySelectorAll("[name=live_width]")) radio.addEventListener("change", fit);
for (const radio of preview.querySelectorAll("[name=live_theme]")) radio.addEventListener("change", () => address && load());
form.addEventListener("input", keepSoon);
form.addEventListener("changed", keepSoon);
document.querySelector("[data-files]")?.addEventListener("renewed", keepSoon);
keep();
