// Finding a switch.

const finder = document.querySelector("[data-finder]");
const groups = [...document.querySelectorAll("[data-group]")];
finder.hidden = false;
const field = finder.querySelector("input");

field.addEventListener("input", (event) => {
  // What is looked for is no change of a setting.
  event.stopPropagation();
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const group of groups) {
    const title = group.querySelector("h2").textContent.toLowerCase();
    let shown = 0;
    for (const row of group.querySelectorAll("[data-switch]")) {
      const matches = words.every((word) => `${title} ${row.dataset.words}`.includes(word));
      row.hidden = !matches;
      shown += matches;
    }
    group.hidden = !shown;
    found += shown;
  }
  document.querySelector("[data-finder-none]").hidden = found > 0;
  finder.querySelector("[data-finder-status]").textContent = `${found} found`;
});
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault();
});
