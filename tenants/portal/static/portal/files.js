// Places for files: a file is uploaded as soon as it is chosen or dropped; then the page asks how far it is until it is
// live or refused. What has changed is taken from the page as the server makes it.

import { ask, upload } from "./sending.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 5000;
const page = document.querySelector("[data-files]");
const notices = document.querySelector("[data-notices]");
const placeOf = (key) => [...page.querySelectorAll("[data-place]")].find((place) => place.dataset.place === key);
const megabytes = (bytes) => (bytes >= 1024 ** 2 ? `${bytes / 1024 ** 2} MB` : `${bytes / 1024} KB`);

const announce = (kind, sentence) => {
  const notice = document.createElement("p");
  notice.className = `notice notice-${kind}`;
  notice.textContent = sentence;
  notices.replaceChildren(notice);
};

// An element that shows an upload: a place, or the form that adds one.
const say = (element, state, step, sentence) => {
  element.dataset.state = state;
  element.dataset.step = step;
  const text = element.querySelector("[data-sentence-text], [data-error]");
  if (text.textContent !== sentence) text.textContent = sentence;
  if (text.matches("[data-error]")) text.hidden = state !== "failed";
};

const showProgress = (element, share) => {
  const bar = element.querySelector("[data-progress]");
  bar.hidden = share === null;
  bar.value = Math.round((share ?? 0) * 100);
};

// Takes places and lists from the page as it is now. Whoever had the focus in one of them keeps it there.
const renew = async (keys, lists) => {
  const response = await fetch(location.pathname);
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const swap = (old, now) => {
    if (!old || !now) return;
    const focused = old.contains(document.activeElement);
    old.replaceWith(now);
    if (focused) now.querySelector("[data-file]")?.focus();
  };
  for (const role of lists) swap(page.querySelector(`[data-list="${role}"]`), fresh.querySelector(`[data-list="${role}"]`));
  for (const key of keys) {
    swap(placeOf(key), [...fresh.querySelectorAll("[data-place]")].find((place) => place.dataset.place === key));
  }
  page.dispatchEvent(new CustomEvent("renewed", { detail: fresh }));
};

// Samples of fonts and the brand's colours are in this stylesheet, whose address names the revision.
const restyle = (revision) => {
  const link = document.querySelector('link[href*="brand.css"]');
  const now = new URL(link.href);
  now.searchParams.set("revision", revision);
  link.href = now;
};

const showStorage = (storage) => {
  const card = page.querySelector("[data-storage]");
  if (!card) return;
  card.toggleAttribute("data-full", storage.full);
  card.querySelector("[data-storage-sentence]").textContent = storage.sentence;
  card.querySelector("[data-storage-bar]").value = storage.used;
};

// Shows what the server says; returns whether something is still on its way.
const show = async (states, done = "") => {
  const changed = [];
  const lists = new Set();
  const ended = { published: [], failed: [] };
  const known = new Set([...page.querySelectorAll("[data-place]")].map((place) => place.dataset.place));
  const listed = new Set([...page.querySelectorAll("[data-list]")].map((list) => list.dataset.list));
  const roleOf = (key) => key.slice(0, key.indexOf("/"));
  for (const place of states.places) {
    const element = placeOf(place.key);
    if (!element) {
      if (listed.has(roleOf(place.key))) lists.add(roleOf(place.key));
      continue;
    }
    known.delete(place.key);
    // One that this browser is still sending is no news to the server.
    if (element.dataset.step === "uploading") continue;
    const waited = element.dataset.state === "pending";
    if (place.state === "pending" && element.dataset.state === "pending") {
      say(element, place.state, place.step, place.sentence);
    } else if (element.dataset.mark !== place.mark || element.dataset.state !== place.state) {
      changed.push(place.key);
      if (waited && ended[place.state]) ended[place.state].push(place);
    }
  }
  for (const key of known) lists.add(roleOf(key));
  showStorage(states.storage);
  const revision = String(states.revision);
  if (revision !== page.dataset.revision) restyle(revision);
  if (changed.length || lists.size) await renew(changed, lists);
  const isLive = revision !== page.dataset.revision;
  const waits = states.waits ? " It waits until you publish it." : "";
  const live = isLive ? ` Live as revision ${revision}.` : waits;
  const ready = waits && !isLive ? "Ready" : "Published";
  page.dataset.revision = revision;
  if (ended.published.length) announce("success", `${ready}: ${ended.published.map((place) => place.title).join("; ")}.${live}`);
  else if (done) announce("success", `${done}${live}`);
  for (const place of ended.failed) announce("error", place.sentence);
  return states.places.some((place) => place.state === "pending");
};

let following = false;
const follow = async () => {
  if (following) return;
  following = true;
  try {
    for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 1.15, LONGEST_WAIT)) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      const states = await ask(page.dataset.statesUrl).catch(() => null);
      // A connection that was lost for a moment does not end it.
      if (states && !(await show(states))) return;
    }
  } finally {
    following = false;
  }
};

const unfit = (file, input, maximum) => {
  if (!file.size) return `“${file.name}” is empty. Nothing changed.`;
  if (file.size > maximum) return `“${file.name}” is larger than ${megabytes(maximum)}. Nothing changed.`;
  const accepted = input.accept.split(",");
  const ending = `.${file.name.split(".").pop().toLowerCase()}`;
  // Some systems do not know a type for every ending; the server looks into the file in any case.
  if (file.type && !accepted.includes(file.type) && !accepted.includes(ending)) {
    return `“${file.name}” is not a kind of file that fits here. Nothing changed.`;
  }
  return "";
};

// Leaving the page would end an upload halfway.
let sending = 0;
addEventListener("beforeunload", (event) => {
  if (sending) event.preventDefault();
});

// Sends a file with the fields of a form and shows how far it is in an element.
const send = async (element, form, file) => {
  const fault = unfit(file, element.querySelector("[data-file]"), Number(element.dataset.maximum));
  if (fault) {
    say(element, "failed", "", fault);
    return false;
  }
  say(element, "pending", "uploading", `Uploading “${file.name}”`);
  showProgress(element, 0);
  sending += 1;
  try {
    const states = await upload(form.action, new FormData(form), file, (share) => showProgress(element, share));
    say(element, "pending", "", `Waiting for its turn: “${file.name}”`);
    await show(states);
    follow();
    return true;
  } catch (error) {
    say(element, "failed", "", error.message);
    return false;
  } finally {
    sending -= 1;
    showProgress(element, null);
  }
};

const add = async (form) => {
  const input = form.querySelector("[data-file]");
  const { name, url } = form.elements;
  const file = form.chosen ?? null;
  if (!name.value.trim()) {
    say(form, "failed", "", `${form.querySelector("label").textContent}: please fill it in.`);
    name.focus();
    return;
  }
  if (!file && !url.value.trim()) {
    say(form, "failed", "", "Choose a file first, or give its web address.");
    input.focus();
    return;
  }
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  const sent = name.value;
  let done = false;
  if (file) {
    done = await send(form, form, file);
  } else {
    try {
      await show(await ask(form.action, { method: "POST", body: new FormData(form) }));
      follow();
      done = true;
    } catch (error) {
      say(form, "failed", "", error.message);
    }
  }
  button.disabled = false;
  if (!done) return;
  say(form, "", "", "");
  // Whoever went on to the next one meanwhile keeps what they wrote and chose.
  if (name.value !== sent || (form.chosen ?? null) !== file) return;
  form.reset();
  choose(form, null);
  name.focus();
};

// Remembers the file that a form will add, and suggests its name as the path where the name is one.
const choose = (form, file) => {
  form.chosen = file;
  form.querySelector("[data-chosen]").textContent = file ? file.name : "or drop it here";
  const { name } = form.elements;
  if (file && form.dataset.add === "public_file" && !name.value) name.value = file.name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+/, "");
};

const take = (element, file) => {
  if (element.matches("[data-add]")) choose(element, file);
  else send(element, element.querySelector("[data-fetch]"), file);
};

page.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("[data-file]") || !input.files.length) return;
  const element = input.closest("[data-place], [data-add]");
  const [file] = input.files;
  take(element, file);
  // So that the same file can be chosen again after it was mended.
  input.value = "";
});

page.addEventListener("bring", ({ target, detail }) => take(target, detail));

for (const kind of ["dragenter", "dragover"]) {
  page.addEventListener(kind, (event) => {
    const element = event.target.closest("[data-place], [data-add]");
    (element?.querySelector("[data-drop]") ?? element)?.toggleAttribute("data-over", true);
  });
}
page.addEventListener("dragleave", (event) => {
  const element = event.target.closest("[data-place], [data-add]");
  if (element && !element.contains(event.relatedTarget)) {
    (element.querySelector("[data-drop]") ?? element).removeAttribute("data-over");
  }
});
page.addEventListener("drop", (event) => {
  for (const over of page.querySelectorAll("[data-over]")) over.removeAttribute("data-over");
  const element = event.target.closest("[data-place], [data-add]");
  if (element && event.dataTransfer.files.length) take(element, event.dataTransfer.files[0]);
});
// A file dropped beside its place would replace the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());

page.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("[data-add]")) {
    event.preventDefault();
    add(form);
    return;
  }
  if (!form.matches("[data-fetch], [data-remove], [data-describe]")) return;
  event.preventDefault();
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) return;
  const place = form.closest("[data-place]");
  const done = form.matches("[data-remove]") ? "Removed." : form.matches("[data-describe]") ? "Description saved." : "";
  try {
    if (await show(await ask(form.action, { method: "POST", body: new FormData(form) }), done)) follow();
  } catch (error) {
    say(place, "failed", "", error.message);
  }
});

page.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(new URL(button.dataset.copy, location.origin).href);
  announce("success", "The address is copied.");
});

if (page.querySelector('[data-state="pending"]')) follow();
