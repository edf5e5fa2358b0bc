// An operator's visit: how long it lasts, and that nothing is sent by a page that is only looked at.

const banner = document.querySelector("[data-visit]");
const left = banner.querySelector("[data-visit-left]");
const ends = Date.parse(banner.dataset.ends);

const tell = () => {
  const seconds = Math.ceil((ends - Date.now()) / 1000);
  if (seconds <= 0) {
    location.reload();
    return;
  }
  const minutes = Math.ceil(seconds / 60);
  const said = minutes === 1 ? "1 minute" : `${minutes} minutes`;
  if (left.textContent !== said) left.textContent = said;
  setTimeout(tell, Math.min(seconds, 15) * 1000);
};
tell();

const measure = () => document.documentElement.style.setProperty("--visit-height", `${banner.offsetHeight}px`);
new ResizeObserver(measure).observe(banner);

for (const button of document.querySelectorAll("main button[type=submit]")) {
  button.disabled = true;
  button.title = "You can change nothing during a view.";
}
