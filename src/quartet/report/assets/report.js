// Sorting, the switch between ours and the paper's, figures that enlarge, the theme. The pages are whole without it.
"use strict";

const kept = {
  get(key) { try { return localStorage.getItem(`quartet-${key}`); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(`quartet-${key}`, value); } catch { /* private windows keep nothing */ } },
};

// What a cell is sorted by: the number that is shown, else its words.
function sortKey(row, place, show) {
  const cell = row.cells[place];
  const told = cell.dataset[show === "both" ? "ours" : show] ?? cell.dataset.value ?? cell.textContent.trim();
  const number = parseFloat(told.replace(/[,\u202f ](?=\d{3})/g, ""));
  return /^[-+]?[\d.]/.test(told) && !Number.isNaN(number) ? number : told;
}

// Numbers before words, words by their letters; rows without a value stay last either way.
function compare(a, b, direction) {
  const numbers = [typeof a === "number", typeof b === "number"];
  if (numbers[0] && numbers[1]) return direction * (a - b);
  if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1;
  return direction * a.localeCompare(b);
}

// Down, up, and back to the order of the paper; every block is sorted by itself.
function sortBy(table, header) {
  const next = { none: "descending", descending: "ascending", ascending: "none" };
  const order = next[header.getAttribute("aria-sort") ?? "none"];
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  if (order !== "none") header.setAttribute("aria-sort", order);
  const show = document.body.dataset.show ?? "both";
  for (const body of table.tBodies) {
    body.declared ??= [...body.rows].filter((row) => !row.classList.contains("group"));
    const direction = order === "ascending" ? 1 : -1;
    const sorted = order === "none" ? body.declared : [...body.declared].sort((a, b) =>
      compare(sortKey(a, header.cellIndex, show), sortKey(b, header.cellIndex, show), direction));
    body.append(...sorted);
  }
}

function makeSortable(table) {
  for (const header of table.tHead.rows[0].cells) {
    if (!header.textContent.trim() || header.querySelector("a, button")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sortBy(table, header));
    header.append(button);
  }
}

function switchShown() {
  const choices = [...document.querySelectorAll('input[name="show"]')];
  const choose = (value) => {
    document.body.dataset.show = value;
    kept.set("show", value);
  };
  for (const choice of choices) choice.addEventListener("change", () => choose(choice.value));
  const before = choices.find((choice) => choice.value === kept.get("show"));
  if (before) { before.checked = true; choose(before.value); }
}

function enlarge(link) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", link.getAttribute("aria-label"));
    const close = document.createElement("button");
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    dialog.append(close, link.querySelector("img").cloneNode());
    dialog.addEventListener("click", (pressed) => { if (pressed.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function switchTheme(button) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const shown = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");
  const label = () => { button.textContent = shown() === "dark" ? "Light" : "Dark"; };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = shown() === "dark" ? "light" : "dark";
    kept.set("theme", root.dataset.theme);
    label();
  });
  dark.addEventListener("change", label);
  label();
}

// Contents that stand above a page, not beside it, wait to be opened.
function fold(contents) {
  if (matchMedia("(max-width: 60rem)").matches) contents.open = false;
}

if (kept.get("theme")) document.documentElement.dataset.theme = kept.get("theme");
document.querySelectorAll("table.sortable").forEach(makeSortable);
document.querySelectorAll("a.enlarge").forEach(enlarge);
document.querySelectorAll("[data-theme-switch]").forEach(switchTheme);
document.querySelectorAll(".contents details").forEach(fold);
switchShown();
