// Draws every figure when it comes near the screen; choices, theme, width and print.

const FIGURES = { heatmap, curves, confusion, f1 };
const plots = [...document.querySelectorAll(".plot")];
const drawn = new Set();

function draw(box) {
  const room = printing ? 640 : box.closest(".scroll").clientWidth;
  const made = FIGURES[box.dataset.figure](Number(box.dataset.place), room);
  drawn.add(box);
  if (made === null) {
    window.Plotly.purge(box);
    box.replaceChildren();
    box.style.minHeight = box.style.width = "0";
    return;
  }
  box.style.minHeight = `${made.height}px`;
  box.style.width = `${made.width}px`;
  window.Plotly.react(box, made.traces, made.layout, CONFIG);
}
// Everything drawn so far, or some of it.
const redraw = (some = drawn) => [...some].forEach(draw);

const near = new IntersectionObserver((entries) => entries.forEach(({ isIntersecting, target }) => {
  if (isIntersecting) {
    near.unobserve(target);
    draw(target);
  }
}), { rootMargin: "600px" });
plots.forEach((box) => near.observe(box));

function repaint() {
  legend();
  if (aboutClasses.length) classTables();
  redraw();
}

const matrices = [...document.querySelectorAll(".matrix")];
const showSize = (size) =>
  matrices.forEach((one) => { one.hidden = one.dataset.size !== size; });
document.querySelectorAll("[name=matrix-size]").forEach((radio) => {
  radio.addEventListener("change", () => showSize(radio.value));
  if (radio.checked) showSize(radio.value);
});

const aboutClasses = plots.filter((box) => ["confusion", "f1"].includes(box.dataset.figure));
// A target is not transferred to from itself, nor from several sources that it is one of.
function choose() {
  const sources = [...chooser("source").options], origins = data.origins[choice("target")];
  sources.forEach((option) => {
    option.hidden = option.disabled = !origins.includes(Number(option.value));
  });
  if (chooser("source").selectedOptions[0].disabled) {
    chooser("source").value = sources.find((option) => !option.disabled).value;
  }
  classTables();
  redraw(aboutClasses.filter((box) => drawn.has(box)));
}
if (aboutClasses.length) {
  ["target", "source", "size"].forEach((name) => chooser(name).addEventListener("change", choose));
  choose();
}

legend();
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
let width = window.innerWidth, pending = 0;
window.addEventListener("resize", () => {
  if (window.innerWidth === width) return; // a phone's address bar came or went
  width = window.innerWidth;
  clearTimeout(pending);
  pending = setTimeout(() => redraw(), 150);
});
// On paper everything is drawn, in the colours of paper, as wide as it is.
const PAPER = 1000; // pixels across a page of A4, landscape
function toPaper(on) {
  printing = on;
  document.documentElement.toggleAttribute("data-paper", on);
  if (on) plots.forEach((box) => drawn.add(box));
  repaint();
  document.querySelectorAll(".scroll").forEach((box) => {
    box.style.zoom = on && box.scrollWidth > PAPER ? PAPER / box.scrollWidth : "";
  });
}
window.addEventListener("beforeprint", () => toPaper(true));
window.addEventListener("afterprint", () => toPaper(false));
