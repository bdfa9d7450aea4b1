// Everything on the page works without this script: it adds two switches and marks the section at hand.

const page = document.documentElement;
const THEMES = ["system", "light", "dark"];

// A file opened from disk may be refused a memory; the switch then works for as long as the page is open.
function recall() {
  try { return localStorage.getItem("report-theme"); } catch { return null; }
}

function remember(theme) {
  try { localStorage.setItem("report-theme", theme); } catch { /* then not */ }
}

function setTheme(theme) {
  page.dataset.theme = THEMES.includes(theme) ? theme : "system";
}

// Here, in the head, so that no page flashes up in the other theme.
setTheme(recall());

function startThemes(button) {
  const tell = () => { button.textContent = `Theme: ${page.dataset.theme}`; };
  button.addEventListener("click", () => {
    setTheme(THEMES[(THEMES.indexOf(page.dataset.theme) + 1) % THEMES.length]);
    remember(page.dataset.theme);
    tell();
  });
  tell();
  button.hidden = false;
}

function startFolds(button) {
  const folds = document.querySelectorAll("details.code");
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", open);
    folds.forEach((fold) => { fold.open = open; });
  });
  button.hidden = folds.length === 0;
}

// The section at hand is the last one whose heading has passed the middle of the window.
function followReader(list, here) {
  const links = new Map([...list.querySelectorAll("a")].map((link) => [link.getAttribute("href").slice(1), link]));
  const passed = new Set();
  const mark = () => {
    const current = [...links.keys()].findLast((id) => passed.has(id));
    links.forEach((link, id) => {
      if (id === current) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    });
    const words = links.get(current)?.cloneNode(true).childNodes ?? [];
    here.replaceChildren(...words);
    list.scrollTop = current ? links.get(current).offsetTop - list.clientHeight / 2 : 0;
  };
  const observer = new IntersectionObserver((entries) => {
    entries.forEach(({ target, isIntersecting }) => passed[isIntersecting ? "add" : "delete"](target.id));
    mark();
  }, { rootMargin: "9999999px 0px -50% 0px" });
  list.classList.add("following");
  links.forEach((_, id) => observer.observe(document.getElementById(id)));
}

document.addEventListener("DOMContentLoaded", () => {
  startThemes(document.getElementById("theme-switch"));
  startFolds(document.getElementById("code-switch"));
  const side = document.getElementById("side");
  if (!side) return; // no contents
  side.addEventListener("click", (event) => { if (event.target.closest("nav a")) side.hidePopover?.(); });
  followReader(side.querySelector("nav"), document.getElementById("here"));
});
