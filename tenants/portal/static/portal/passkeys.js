// Passkeys: the browser is asked when a form is sent, and its answer goes along in the form.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

const readable = (list) => (list ?? []).map((passkey) => ({ ...passkey, id: bytes(passkey.id) }));

const ask = {
  async create(options) {
    const user = { ...options.user, id: bytes(options.user.id) };
    const excludeCredentials = readable(options.excludeCredentials);
    const publicKey = { ...options, challenge: bytes(options.challenge), user, excludeCredentials };
    const credential = await navigator.credentials.create({ publicKey });
    return answer(credential, {
      attestationObject: text(credential.response.attestationObject),
      transports: credential.response.getTransports?.() ?? [],
    });
  },
  async get(options) {
    const allowCredentials = readable(options.allowCredentials);
    const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials };
    const credential = await navigator.credentials.get({ publicKey });
    const { authenticatorData, signature, userHandle } = credential.response;
    return answer(credential, {
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    });
  },
};

function answer(credential, response) {
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
  });
}

const refusals = {
  InvalidStateError: "This device has a passkey for your account already.",
  NotAllowedError: "Your device gave no passkey: it was cancelled, or took too long. Please try again.",
  SecurityError: "Passkeys do not work at this address.",
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const told = form.querySelector("[data-passkey-error]");
  if (!window.PublicKeyCredential) {
    form.querySelector("[data-passkey-unsupported]").hidden = false;
    form.querySelector("button[type=submit]").disabled = true;
    continue;
  }
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    told.hidden = true;
    try {
      form.elements.answer.value = await ask[form.dataset.passkey](JSON.parse(form.dataset.options));
    } catch (error) {
      told.querySelector("span").textContent = refusals[error.name] ?? "That did not work. Please try again.";
      told.hidden = false;
      return;
    }
    form.requestSubmit();
  });
}
