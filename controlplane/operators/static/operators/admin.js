// What the operators' pages do in the browser. Every page works without it; it only saves steps and mistakes.
"use strict";

// A button with data-confirm asks before its form is sent.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || !button.dataset.confirm || button.dataset.confirmed) {
    return;
  }
  event.preventDefault();
  const dialog = document.createElement("dialog");
  dialog.className = "operators-dialog";
  const question = document.createElement("p");
  question.textContent = button.dataset.confirm;
  const row = document.createElement("form");
  row.method = "dialog";
  row.className = "operators-save";
  for (const [value, text, style] of [
    ["yes", button.dataset.confirmButton || "Continue", "operators-button operators-button-danger"],
    ["no", "Cancel", "operators-button"],
  ]) {
    const choice = document.createElement("button");
    choice.value = value;
    choice.textContent = text;
    choice.className = style;
    choice.autofocus = value === "no";
    row.append(choice);
  }
  dialog.append(question, row);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue === "yes") {
      button.dataset.confirmed = "yes";
      button.form.requestSubmit(button);
    }
  });
  document.body.append(dialog);
  dialog.showModal();
});

// A chosen file goes straight to the store, with a ticket of ours: its fields first, the file last. Then the page hears
// that it is there, or why it is not.
const storeFile = (ticket, file, progress) =>
  new Promise((resolve) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(ticket.fields)) {
      data.append(name, value);
    }
    data.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", ticket.url);
    request.upload.addEventListener("progress", (event) => progress(event.loaded / event.total));
    request.addEventListener("loadend", () => resolve(request.status >= 200 && request.status < 300));
    request.send(data);
  });

const sendFile = async (form, file, progress) => {
  const asked = new FormData(form);
  asked.set("file_name", file.name);
  const answer = await fetch(location.pathname, { method: "POST", body: asked, headers: { Accept: "application/json" } });
  const body = await answer.json();
  if (!answer.ok) {
    return { command: "cancel", reason: body.error.message };
  }
  const ticket = body.upload;
  if (file.size > ticket.maximum_bytes) {
    const reason = `The file is larger than ${ticket.maximum_bytes / 1024 ** 2} MB.`;
    return { command: "cancel", asset: ticket.asset, reason };
  }
  const stored = await storeFile(ticket, file, progress);
  return { command: stored ? "finish" : "cancel", asset: ticket.asset };
};

document.addEventListener("change", async (event) => {
  if (!event.target.matches("[data-upload-file]") || !event.target.files.length) {
    return;
  }
  const { form } = event.target;
  const label = event.target.closest("[data-upload-choice]");
  label.setAttribute("aria-busy", "true");
  const tell = (share) => (label.firstChild.textContent = `Uploading… ${Math.round(share * 100)} %`);
  const result = await sendFile(form, event.target.files[0], tell).catch(() => ({ command: "cancel" }));
  for (const [name, value] of Object.entries(result)) {
    const field = form.elements[name] ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
    field.value = value ?? "";
  }
  form.submit();
});

// Without a script a button asks for the form; with one the file is chosen at once, also in parts loaded later. unfold
// writes a chosen file's name into a text field beside it, at "load"; ours have none and say no to it before.
const showFileChoices = () => {
  for (const choice of document.querySelectorAll("[data-upload-choice]")) {
    choice.hidden = false;
    choice.querySelector("[data-upload-file]").hasChangeListener = true;
  }
};
document.addEventListener("DOMContentLoaded", showFileChoices);
document.addEventListener("htmx:afterSettle", showFileChoices);

// A chosen colour is written into its text field, and the other way round.
document.addEventListener("input", (event) => {
  const input = event.target;
  if (input.dataset.colourFor) {
    document.getElementById(input.dataset.colourFor).value = input.value;
    delete input.dataset.unset;
    return;
  }
  const picker = input.id && document.querySelector(`[data-colour-for="${input.id}"]`);
  if (picker) {
    const value = input.value.trim();
    if (/^#[0-9a-f]{6}$/i.test(value)) {
      picker.value = value;
    }
    picker.toggleAttribute("data-unset", value === "");
  }
});

// On a narrow screen the tabs scroll; the present one is brought into sight.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".operators-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
});

// The short name follows the name until somebody writes one.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-suggest-slug]");
  if (!form) {
    return;
  }
  const { name, slug, domain } = form.elements;
  const preview = form.querySelector("[data-slug-preview]");
  let own = slug.value !== "";
  const show = () => {
    const host = domain.value.trim() || (slug.value && `${slug.value}.${form.dataset.baseDomain}`);
    preview.hidden = !host;
    preview.textContent = host ? `The chat will be at ${host}.` : "";
  };
  form.elements.name.addEventListener("input", () => {
    if (!own) {
      slug.value = name.value
        .normalize("NFKD")
        .replace(/[\u0300-\u036f]/g, "")
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^[^a-z]+|-+$/g, "")
        .slice(0, 39)
        .replace(/-+$/, "");
    }
    show();
  });
  slug.addEventListener("input", () => {
    own = slug.value !== "";
    show();
  });
  domain.addEventListener("input", show);
  show();
});
