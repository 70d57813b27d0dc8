// The learning curves and their legend.

const SHAPES = { // as paths around (0, 0), for the legend
  circle: "M4 0A4 4 0 1 1-4 0A4 4 0 1 1 4 0Z", diamond: "M0-5L5 0L0 5L-5 0Z",
  square: "M-4-4H4V4H-4Z", "triangle-up": "M0-5L5 4H-5Z", "triangle-down": "M0 5L5-4H-5Z",
  pentagon: "M0-5L5-1L3 5H-3L-5-1Z", hexagon: "M-2.5-4.5H2.5L5 0L2.5 4.5H-2.5L-5 0Z",
  bowtie: "M-5-4L5 4V-4L-5 4Z", x: "M-4-4L4 4M4-4L-4 4", "line-ew": "M-4 0H4",
};
const MARKS = Object.keys(SHAPES).slice(0, 8);
const CLASSICAL = ["square", "bowtie", "triangle-up", "hexagon", "pentagon", "diamond"];
function look(line) {
  const number = data.sources.indexOf(data.sources[line.source]);
  const own = line.source === null || data.sources[line.source] === "random"
    ? colour("floor") : colour(`c${number % 8}`);
  const encoder = colour(`c${7 - (line.number % 8)}`);
  switch (line.kind) {
    case "scratch": return { colour: colour("ink"), dash: "solid", mark: "circle", width: 3 };
    case "transfer": return { colour: own, dash: "solid", mark: MARKS[number % 8], width: 2 };
    case "control": return { colour: own, dash: "dashdot", mark: "x-thin-open", width: 2 };
    case "classical": return { colour: colour("classical"), dash: "dash", width: 2.5,
      mark: `${CLASSICAL[line.number % CLASSICAL.length]}-open` };
    case "whitened": return { colour: colour("classical"), dash: "solid", width: 2.5,
      mark: CLASSICAL[line.number % CLASSICAL.length] };
    case "encoder": return { colour: encoder, dash: "solid", mark: "bowtie", width: 2 };
    case "encoder-control": return { colour: encoder, dash: "dashdot", mark: "x-thin-open",
      width: 2 };
    case "features": return { colour: own, dash: "dot", mark: "circle-open", width: 1.3 };
    default: return { colour: colour("floor"), dash: "dot", mark: "line-ew-open", width: 1 };
  }
}

function curves(target, room) {
  const traces = [];
  data.lines[target].filter((line) => !unwanted.has(line.label)).forEach((line) => {
    const { colour: ink, dash, mark, width } = look(line);
    const of = (name) => line.scores.map((at) =>
      at === null || scores[name][at] === null ? null : 100 * scores[name][at]);
    const [low, high] = [of("micro_f1_low"), of("micro_f1_high")];
    const sure = low.map((value, at) => at).filter((at) => low[at] !== null);
    if (sure.length > 1 && line.kind !== "features" && line.kind !== "floor") {
      const up = sure.map((at) => data.sizes[at]);
      traces.push({ type: "scatter", mode: "none", x: [...up, ...[...up].reverse()],
        y: [...sure.map((at) => high[at]), ...sure.reverse().map((at) => low[at])],
        fill: "toself", fillcolor: faint(ink), hoverinfo: "skip" });
    }
    traces.push({
      type: "scatter", mode: "lines+markers", x: data.sizes, y: of("micro_f1"), connectgaps: false,
      line: { color: ink, dash, width }, marker: { symbol: mark, size: 7, color: ink,
        line: { color: ink, width: 1.5 } },
      customdata: line.scores.map((at) => (at === null ? "" : [
        `<b>${plain(line.label)}</b>`, counted(data.sizes[scores.size[at]], "window"),
        `micro-F1 ${interval(scores, "micro_f1", at, percent)}`,
        `${scores.done[at]} of ${counted(scores.repetitions[at], "repetition")} done`,
      ].join("<br>"))),
      hovertemplate: "%{customdata}<extra></extra>",
    });
  });
  const [width, height] = [Math.max(300, room), 340];
  const [first, last] = [data.sizes[0], data.sizes[data.sizes.length - 1]];
  const [lowest, highest] = data.ends[target] || [];
  return { traces, width, height, layout: base({
    width, height, margin: { l: 46, r: 12, t: 10, b: 44 }, hovermode: "closest", showlegend: false,
    xaxis: axis({ type: "log", range: [Math.log10(first / 1.15), Math.log10(last * 1.15)],
      tickvals: apart(data.sizes), ticktext: apart(data.sizes).map(String), tickangle: 0,
      title: { text: "labelled windows", font: { size: 12 }, standoff: 6 } }),
    yaxis: axis({ title: { text: "micro-F1 (%)", font: { size: 12 }, standoff: 6 },
      autorangeoptions: { clipmin: lowest, clipmax: highest } }),
  }) };
}

// Sizes whose labels do not meet on a logarithmic axis, the last one always.
function apart(sizes) {
  const kept = [sizes[sizes.length - 1]];
  const reach = Math.log(kept[0] / sizes[0]) || 1;
  [...sizes].reverse().forEach((size) => {
    if (Math.log(kept[kept.length - 1] / size) / reach > 0.09) kept.push(size);
  });
  return kept;
}

// One legend for all targets, of buttons: lines look the same everywhere.
const unwanted = new Set();
const DASHES = { solid: "", dash: "7 4", dashdot: "8 3 2 3", dot: "2 3" };
function legend() {
  const lines = new Map(data.lines.flat().map((line) => [line.label, line]));
  const order = ["scratch", "transfer", "control", "classical", "whitened", "features",
    "encoder", "encoder-control", "floor"];
  const sorted = [...lines.values()].sort((one, other) =>
    order.indexOf(one.kind) - order.indexOf(other.kind) || one.source - other.source);
  document.getElementById("legend").replaceChildren(...sorted.map((line) => {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.setAttribute("aria-pressed", String(!unwanted.has(line.label)));
    button.append(swatch(look(line)), line.label);
    button.addEventListener("click", () => {
      if (!unwanted.delete(line.label)) unwanted.add(line.label);
      button.setAttribute("aria-pressed", String(!unwanted.has(line.label)));
      redraw([...drawn].filter((box) => box.dataset.figure === "curves"));
    });
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}

function swatch({ colour: ink, dash, mark, width }) {
  const svg = (tag, set) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(set).forEach(([name, value]) => made.setAttribute(name, value));
    return made;
  };
  const drawing = svg("svg", { width: 34, height: 14, "aria-hidden": "true" });
  const open = mark.endsWith("open");
  drawing.append(
    svg("line", { x1: 0, x2: 34, y1: 7, y2: 7, stroke: ink, "stroke-width": width,
      "stroke-dasharray": DASHES[dash] ?? "" }),
    svg("path", { d: SHAPES[mark.replace(/(-thin)?-open$/, "")], transform: "translate(17 7)",
      fill: open ? "none" : ink, stroke: ink, "stroke-width": 1.5 }));
  return drawing;
}
