// Images: upload as soon as a file is chosen or dropped, then ask how far it is until it is live or refused.

const POLL_MILLISECONDS = 1000;
const GIVE_UP_AFTER = 120;
const place = document.querySelector("[data-uploads]");
const notices = document.querySelector("[data-notices]");
let polling = false;

const slotOf = (role) => place.querySelector(`[data-slot="${role}"]`);

const say = (slot, state, sentence) => {
  slot.dataset.state = state;
  const text = slot.querySelector("[data-slot-sentence]");
  if (text.textContent !== sentence) text.textContent = sentence;
};

// Says under which revision a change is live; one that reached nobody yet made no revision.
const announce = (done, revision) => {
  const live = String(revision) === place.dataset.revision ? "" : ` Live as revision ${revision}.`;
  place.dataset.revision = revision;
  const notice = document.createElement("p");
  notice.className = "notice notice-success";
  notice.textContent = `${done}${live}`;
  notices.replaceChildren(notice);
};

const show = (image) => {
  const slot = slotOf(image.role);
  const picture = slot.querySelector("[data-slot-image]");
  say(slot, image.state, image.sentence);
  if (image.url) picture.src = image.url;
  picture.hidden = !image.url;
  slot.querySelector("[data-slot-none]").hidden = Boolean(image.url);
  slot.querySelector("[data-remove]").hidden = !image.removable;
  const theme = { logo_light: "light", logo_dark: "dark" }[image.role];
  if (theme) {
    const logo = document.querySelector(`[data-preview-logo="${theme}"]`);
    if (image.url) logo.src = image.url;
    logo.hidden = !image.url;
  }
};

const ask = async (url, options = {}) => {
  let response;
  try {
    response = await fetch(url, { ...options, headers: { Accept: "application/json" } });
  } catch {
    throw new Error("The connection was lost. Please try again.");
  }
  const body = await response.json().catch(() => null);
  if (response.status === 401) {
    location.reload();
    throw new Error("Your sign-in has ended.");
  }
  if (response.ok && body) return body;
  throw new Error(body?.error?.message ?? (response.status === 413 ? "The file is too large." : "That did not work. Please try again."));
};

const poll = async () => {
  if (polling) return;
  polling = true;
  try {
    for (let tries = 0; tries < GIVE_UP_AFTER; tries += 1) {
      const waiting = [...place.querySelectorAll('[data-state="received"]')].map((slot) => slot.dataset.slot);
      if (!waiting.length) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
      const states = await ask(place.dataset.statesUrl).catch(() => null);
      const published = [];
      for (const image of states?.images ?? []) {
        if (!waiting.includes(image.role)) continue;
        show(image);
        if (image.state === "published") published.push(image.title);
      }
      if (published.length) announce(`Published: ${published.join("; ")}.`, states.revision);
    }
  } finally {
    polling = false;
  }
};

// The ticket says where the file goes and with which fields; the file comes last, as the store wants it.
const send = async (ticket, file) => {
  const data = new FormData();
  for (const [name, value] of Object.entries(ticket.fields)) data.append(name, value);
  data.append("file", file);
  const stored = await fetch(ticket.url, { method: "POST", body: data, credentials: "omit" }).catch(() => null);
  if (!stored?.ok) throw new Error("The file could not be stored just now; nothing was changed. Please try again shortly.");
};

const upload = async (slot, file) => {
  const form = slot.querySelector("[data-upload]");
  const input = slot.querySelector("[data-upload-file]");
  const accepted = input.accept.split(",");
  const maximum = Number(slot.dataset.maximum);
  if (file.size > maximum) return say(slot, "failed", `“${file.name}” is larger than ${maximum / 1024 ** 2} MB. Nothing changed.`);
  if (!file.size) return say(slot, "failed", `“${file.name}” is empty. Nothing changed.`);
  // Some systems do not know a type for every ending; the server looks into the file in any case.
  if (file.type && !accepted.includes(file.type) && file.type !== "image/vnd.microsoft.icon") {
    return say(slot, "failed", `“${file.name}” is not a kind of image that fits here. Nothing changed.`);
  }
  say(slot, "received", `Uploading “${file.name}”…`);
  const data = new FormData(form);
  data.set("file_name", file.name);
  try {
    const { upload: ticket } = await ask(form.action, { method: "POST", body: data });
    try {
      await send(ticket, file);
    } catch (error) {
      await ask(ticket.cancel_url, { method: "POST", body: new FormData(form) }).catch(() => null);
      throw error;
    }
    const states = await ask(ticket.finish_url, { method: "POST", body: new FormData(form) });
    show(states.images.find((image) => image.role === slot.dataset.slot));
  } catch (error) {
    say(slot, "failed", error.message);
  }
  input.value = "";
  poll();
};

for (const slot of place.querySelectorAll("[data-slot]")) {
  const input = slot.querySelector("[data-upload-file]");
  const drop = slot.querySelector("[data-drop]");
  slot.querySelector("[data-upload]").hidden = true;
  slot.querySelector("[data-upload-choice]").hidden = false;
  slot.querySelector("[data-drop-hint]").hidden = false;
  input.addEventListener("change", () => input.files.length && upload(slot, input.files[0]));
  for (const kind of ["dragenter", "dragover"]) {
    slot.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.toggleAttribute("data-over", true);
    });
  }
  slot.addEventListener("dragleave", (event) => {
    if (!slot.contains(event.relatedTarget)) drop.removeAttribute("data-over");
  });
  slot.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.removeAttribute("data-over");
    if (event.dataTransfer.files.length) upload(slot, event.dataTransfer.files[0]);
  });
  slot.querySelector("[data-remove]").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const states = await ask(event.target.action, { method: "POST", body: new FormData(event.target) });
      show(states.images.find((image) => image.role === slot.dataset.slot));
      announce("Image removed.", states.revision);
      input.focus();
    } catch (error) {
      say(slot, "failed", error.message);
    }
  });
}

// A file dropped beside its place would replace the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());

poll();
