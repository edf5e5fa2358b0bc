// Talking to the settings page and to the store, for whatever brings files in.

// Answers a script of the page; raises an Error with a sentence for people.
export const ask = async (url, options = {}) => {
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
  throw new Error(body?.error?.message ?? "That did not work. Please try again.");
};

// Posts a file straight to the store. The ticket says where and with which fields; the file comes last, as stores want it.
const store = (ticket, file, progress) =>
  new Promise((resolve, reject) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(ticket.fields)) data.append(name, value);
    data.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", ticket.url);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("load", () => (request.status < 300 ? resolve() : reject()));
    for (const kind of ["error", "abort", "timeout"]) request.addEventListener(kind, reject);
    request.send(data);
  });

// Uploads a file with a ticket of `url` and returns the states that the page then has. `fields` is the form's own data.
export const upload = async (url, fields, file, progress) => {
  fields.set("file_name", file.name);
  const { upload: ticket } = await ask(url, { method: "POST", body: fields });
  const token = new FormData();
  token.set("csrfmiddlewaretoken", fields.get("csrfmiddlewaretoken"));
  try {
    await store(ticket, file, progress);
  } catch {
    await ask(ticket.cancel_url, { method: "POST", body: token }).catch(() => null);
    throw new Error("The file could not be stored just now. Nothing was changed. Please try again shortly.");
  }
  return ask(ticket.finish_url, { method: "POST", body: token });
};
