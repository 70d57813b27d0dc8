// What all figures share: the data of the page, texts, looking up, looks.

const data = JSON.parse(document.getElementById("data").textContent);
const { scores, verdicts } = data;
const CELL = [26, 38]; // pixels of a heatmap's cell, at least and at most
const GAP = 0.3; // between scratch and the transfers, in cells
const FAR = 0.9; // between panels, in cells
const CONFIG = { displayModeBar: false, responsive: false, typesetMath: false, showTips: false };
let printing = false;

// Plotly reads a few tags and entities in texts: a name is a name.
const plain = (text) =>
  String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const short = (text, longest) =>
  text.length <= longest ? text : text.slice(0, longest - 1) + "…";
const percent = (share) => (share === null ? "–" : (100 * share).toFixed(1));
const points = (share) => {
  const text = (100 * share).toFixed(1);
  if (Number(text) === 0) return "0.0";
  return share > 0 ? "+" + text : text.replace("-", "−");
};
const interval = (columns, name, at, write) => {
  const [mean, low, high] = ["", "_low", "_high"].map((part) => columns[name + part][at]);
  if (mean === null) return "–";
  return low === null ? write(mean) : `${write(mean)} (${write(low)} to ${write(high)})`;
};
const sourceName = (source) => (source === "random" ? "untrained control" : source);
const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

const approachAt = new Map(
  data.approaches.map((r, at) => [JSON.stringify([r.method, r.source, r.blocks, r.branches]), at]));
const scoreAt = new Map(
  scores.target.map((target, at) => [`${target} ${scores.approach[at]} ${scores.size[at]}`, at]));
const verdictAt = new Map(
  verdicts.target.map((t, at) => [`${t} ${verdicts.source[at]} ${verdicts.size[at]}`, at]));
const findScore = (target, method, source, blocks, size, branches = "both") => {
  const approach = approachAt.get(JSON.stringify([method, source, blocks, branches]));
  return approach === undefined ? undefined : scoreAt.get(`${target} ${approach} ${size}`);
};

// Colours are those of the style sheet, light or dark.
const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
// Intervals lie over each other: the more there are, the fainter is each.
const faint = (hex, layers) =>
  hex + Math.round(Math.max(8, 34 / Math.max(1, layers / 3))).toString(16).padStart(2, "0");
const base = (more) => ({
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  font: { family: "system-ui, sans-serif", size: 12, color: colour("ink") },
  hoverlabel: {
    bgcolor: colour("raised"), bordercolor: colour("rule"), align: "left",
    font: { family: "system-ui, sans-serif", size: 13, color: colour("ink") }, namelength: -1,
  },
  dragmode: false,
  ...more,
});
const axis = (more) => ({
  gridcolor: colour("grid"), linecolor: colour("rule"), zeroline: false, fixedrange: true,
  tickcolor: colour("rule"), ...more,
});

// Viridis is even to the eye, also to one that sees red and green alike.
const VIRIDIS = ["#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884",
  "#44bf70", "#7ad151", "#bddf26", "#fde725"];
// Black or white, whichever contrasts more (WCAG 2.2, relative luminance).
function inkOn(value) {
  const at = Math.min(9.999, (10 * (value - span[0])) / (span[1] - span[0]));
  const [one, next] = [VIRIDIS[Math.floor(at)], VIRIDIS[Math.floor(at) + 1]];
  const luminance = [[1, 0.2126], [3, 0.7152], [5, 0.0722]].reduce((sum, [from, weight]) => {
    const [low, high] = [one, next].map((hex) => parseInt(hex.slice(from, from + 2), 16) / 255);
    const part = low + (high - low) * (at % 1);
    return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  }, 0);
  return (luminance + 0.05) ** 2 > 1.05 * 0.05 ? "#000000" : "#ffffff";
}
