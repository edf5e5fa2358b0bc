// The order of the ways to sign in, the own address, and what the form would do, asked while it is filled in.

const form = document.querySelector("[data-access]");
const ask = document.querySelector("[data-ask]");
const PAUSE = 400;

const changed = () => form.dispatchEvent(new CustomEvent("changed", { bubbles: true }));

// --- the order -----------------------------------------------------------------------------------------------------

const methods = form.querySelector("[data-methods]");
const start = [...methods.children];
for (const order of methods.querySelectorAll("[data-order]")) order.hidden = false;

methods.addEventListener("click", (event) => {
  const button = event.target.closest("[data-up], [data-down]");
  if (!button) return;
  const row = button.closest("[data-method]");
  if (button.matches("[data-up]")) row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  // At an end the button is gone: the focus goes to its twin.
  (row.matches(":first-child") ? row.querySelector("[data-down]") : row.matches(":last-child") ? row.querySelector("[data-up]") : button).focus();
  const place = [...methods.children].indexOf(row) + 1;
  form.querySelector("[data-order-said]").textContent = `${row.querySelector(".method-name").textContent}: ${place} of ${methods.children.length}`;
  changed();
});
form.addEventListener("reset", () => methods.append(...start));

// --- the own address -----------------------------------------------------------------------------------------------

const add = form.querySelector("[data-add-address]");
if (add) {
  const networks = form.elements.networks;
  add.hidden = false;
  add.addEventListener("click", () => {
    const lines = networks.value.split("\n").map((line) => line.trim()).filter(Boolean);
    const { addAddress } = add.dataset;
    if (!lines.includes(addAddress)) lines.push(addAddress);
    networks.value = lines.join("\n");
    networks.focus();
    changed();
  });
}

// --- what it would do ----------------------------------------------------------------------------------------------

// Asking is no change of the form: with scripts, what is asked stands outside of it.
const asked = [...ask.querySelectorAll("[name]")];
for (const field of asked) field.removeAttribute("form");
const button = ask.querySelector("[data-ask-button]");
button.type = "button";

let asking = null;

const preview = async () => {
  asking?.abort();
  asking = new AbortController();
  const body = new URLSearchParams(new FormData(form));
  for (const field of asked) body.set(field.name, field.value);
  body.set("ask", "part"); // the answer alone: a whole page would take what it has to say away from the next one
  try {
    const response = await fetch(location.pathname, { method: "POST", body, signal: asking.signal });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-preview]");
    if (fresh) ask.querySelector("[data-preview]").replaceWith(fresh);
    else location.reload(); // the sign-in has ended
  } catch (error) {
    if (error.name !== "AbortError") ask.querySelector("[data-preview]").textContent = "The server did not answer. Please try again.";
  }
};

let pause = null;
const previewSoon = () => {
  clearTimeout(pause);
  pause = setTimeout(preview, PAUSE);
};
form.addEventListener("input", previewSoon);
form.addEventListener("changed", previewSoon);
button.addEventListener("click", preview);
ask.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target === button) return;
  event.preventDefault();
  preview();
});
