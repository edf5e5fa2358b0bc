// What every page of the settings shares: appearance, unsaved changes, busy buttons, confirmations.

const root = document.documentElement;
root.classList.add("scripted");

const themes = document.querySelector("[data-themes]");
if (themes) {
  themes.hidden = false;
  themes.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    const theme = button.dataset.themeChoice;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    document.cookie = `settings_theme=${theme}; path=/settings; max-age=${theme ? 31536000 : 0}; samesite=lax`;
    for (const other of themes.children) other.setAttribute("aria-pressed", String(other === button));
  });
}

// A summary of errors takes the focus, so that a screen reader begins there.
document.querySelector("[data-focus]")?.focus();

const fingerprint = (form) => new URLSearchParams(new FormData(form)).toString();
let leaving = false;
const guarded = [];

for (const form of document.querySelectorAll("form[data-guard]")) {
  const bar = form.dataset.guard === "quiet" ? null : document.querySelector("[data-savebar]");
  const text = bar?.querySelector("[data-savebar-text]");
  const idle = text?.textContent;
  // After a refusal what was typed is still there and still unsaved.
  const refused = Boolean(form.querySelector("[aria-invalid]"));
  const start = fingerprint(form);
  const isDirty = () => refused || fingerprint(form) !== start;
  const tell = () => {
    if (!bar) return;
    const dirty = isDirty();
    bar.toggleAttribute("data-dirty", dirty);
    bar.querySelector("[data-discard]").hidden = !dirty;
    const wanted = dirty ? "Unsaved changes" : idle;
    if (text.textContent !== wanted) text.textContent = wanted;
  };
  form.addEventListener("input", tell);
  form.addEventListener("changed", tell);
  form.addEventListener("reset", (event) => {
    if (refused) {
      event.preventDefault();
      leaving = true;
      location.assign(location.pathname);
      return;
    }
    requestAnimationFrame(() => form.dispatchEvent(new CustomEvent("changed", { bubbles: true })));
  });
  guarded.push(isDirty);
  tell();
}

addEventListener("beforeunload", (event) => {
  if (!leaving && guarded.some((isDirty) => isDirty())) event.preventDefault();
});

addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  if (form.matches("[data-guard]")) leaving = true;
  const button = event.submitter ?? form.querySelector("[data-busy]");
  if (button?.dataset.busy) {
    button.textContent = button.dataset.busy;
    button.setAttribute("aria-busy", "true");
    // Disabled only after the form has been read.
    setTimeout(() => (button.disabled = true));
  }
});

// Coming back by the browser's history shows a page whose buttons are still busy.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
