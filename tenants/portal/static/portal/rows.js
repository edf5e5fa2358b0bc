// Adding rows to a list: of links, of values, of rules.

for (const list of document.querySelectorAll("[data-links]")) {
  const rows = list.querySelector("[data-links-rows]");
  const total = list.querySelector('[name$="-TOTAL_FORMS"]');
  const add = list.querySelector("[data-links-add]");
  add.hidden = false;
  add.addEventListener("click", () => {
    const blank = document.createElement("div");
    blank.innerHTML = list.querySelector("template").innerHTML.replaceAll("__prefix__", total.value);
    const row = blank.firstElementChild;
    rows.append(row);
    total.value = String(Number(total.value) + 1);
    row.querySelector("input, select").focus();
    list.dispatchEvent(new CustomEvent("changed", { bubbles: true }));
  });
}
