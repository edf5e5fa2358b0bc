// Passkeys: what the server asks is in the form's data-options, and the device's answer goes into the form.
"use strict";

const REASONS = {
  NotAllowedError: "Nothing was chosen, or it took too long. Please try again.",
  InvalidStateError: "This device has a passkey here already.",
  SecurityError: "Passkeys do not work at this address. Use the platform's own name, over https.",
};

const askDevice = async (form) => {
  const options = JSON.parse(form.dataset.options);
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-passkey]") || form.elements.answer.value) {
    return;
  }
  event.preventDefault();
  const said = form.querySelector("[data-passkey-said]");
  said.hidden = true;
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    said.textContent = "This browser knows no passkeys. Use another one, or the code of an app.";
    said.hidden = false;
    return;
  }
  try {
    const credential = await askDevice(form);
    form.elements.answer.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    said.textContent = REASONS[error.name] ?? "The device gave no passkey. Please try again.";
    said.hidden = false;
  }
});
