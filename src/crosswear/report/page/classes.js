// F1 of every class and confusion matrices, for the chosen target, source and size.

const chooser = (name) => document.getElementById(`choose-${name}`);
const choice = (name) => Number(chooser(name).value);

const contenderLooks = () => [
  { colour: colour("ink"), mark: "circle" },
  { colour: colour("c0"), mark: "diamond" },
  { colour: colour("classical"), mark: "square-open" },
];

// Scratch, the judged transfer and the best classical, as far as they have scores.
function chosen() {
  const [target, source, size] = ["target", "source", "size"].map(choice);
  const verdict = verdictAt.get(`${target} ${source} ${size}`);
  const blocks = verdict === undefined ? null : verdicts.blocks[verdict];
  const classical = verdict === undefined ? "" : verdicts.classical[verdict];
  return [
    findScore(target, "network", "", 0, size),
    blocks === null ? undefined
      : findScore(target, "network", data.sources[source], blocks, size, data.judged),
    classical ? findScore(target, classical, "", 0, size) : undefined,
  ].map((at) => (at !== undefined && data.confusions[at] ? at : null));
}
const chosenLabel = (at) => data.approaches[scores.approach[at]].label;

function confusion(number) {
  const at = chosen()[number];
  if (at === null) return null;
  const names = data.classes[choice("target")], counts = data.confusions[at].counts;
  const n = names.length, cell = n > 20 ? 15 : Math.max(20, 200 / n);
  const rows = names.map((_, row) => counts.slice(row * n, (row + 1) * n));
  const share = rows.map((row) => {
    const all = row.reduce((sum, value) => sum + value, 0);
    return row.map((value) => (all ? (100 * value) / all : null));
  });
  const labels = names.map((name) => plain(short(name, 18)));
  const room = 14 + 6.2 * Math.max(...names.map((name) => Math.min(18, name.length)));
  const [width, height] = [room + cell * n + 16, room + cell * n + 34];
  return { traces: [{
    type: "heatmap", z: share, zmin: 0, zmax: 100, showscale: false, xgap: 1, ygap: 1,
    colorscale: [[0, colour("raised")], [1, colour("c0")]],
    customdata: rows.map((row, true_) => row.map((count, said) => [
      `true: ${plain(names[true_])}`, `predicted: ${plain(names[said])}`,
      counted(count, "window") + (share[true_][said] === null
        ? "" : `, ${share[true_][said].toFixed(1)} % of the true ones`),
    ].join("<br>"))),
    hovertemplate: "%{customdata}<extra></extra>",
  }], width, height, layout: base({
    width, height, margin: { l: room, r: 16, t: 34, b: room },
    title: { text: plain(short(chosenLabel(at), Math.floor(width / 8))), font: { size: 13 }, x: 0,
      xanchor: "left", pad: { l: 4 }, y: 1, yanchor: "top", yref: "container" },
    xaxis: axis({ tickvals: names.map((_, i) => i), ticktext: labels, tickangle: -90, ticks: "",
      showgrid: false, tickfont: { size: 10.5 } }),
    yaxis: axis({ tickvals: names.map((_, i) => i), ticktext: labels, autorange: "reversed",
      ticks: "", showgrid: false, tickfont: { size: 10.5 } }),
  }) };
}

function f1(_, room) {
  const names = data.classes[choice("target")];
  const looks = contenderLooks();
  const traces = chosen().flatMap((at, number) => (at === null ? [] : [{
    type: "scatter", mode: "markers",
    x: data.confusions[at].f1.map((value) => (value === null ? null : 100 * value)),
    y: names.map((_, place) => place),
    marker: { symbol: looks[number].mark, size: 10, color: looks[number].colour,
      line: { width: 1.5, color: looks[number].colour } },
    customdata: names.map((name, place) => [`<b>${plain(name)}</b>`, plain(chosenLabel(at)),
      `F1 ${percent(data.confusions[at].f1[place])}`].join("<br>")),
    hovertemplate: "%{customdata}<extra></extra>",
  }]));
  if (!traces.length) return null;
  const width = Math.min(Math.max(320, room), 900);
  const longest = width > 560 ? 40 : 16;
  const left = 14 + 6.4 * Math.max(...names.map((name) => Math.min(longest, name.length)));
  const height = 22 * names.length + 46;
  return { traces, width, height, layout: base({
    width, height, margin: { l: left, r: 14, t: 6, b: 36 }, showlegend: false, hovermode: "closest",
    xaxis: axis({ range: [-3, 103], title: { text: "F1 (%)", font: { size: 12 }, standoff: 4 } }),
    yaxis: axis({ tickvals: names.map((_, place) => place), range: [names.length - 0.5, -0.5],
      ticktext: names.map((name) => plain(short(name, longest))), tickfont: { size: 11 } }),
  }) };
}

// A table from texts; `names` columns on the left are headings of their row.
function tableOf(caption, headings, rows, names) {
  const element = (tag, text, set) =>
    Object.assign(document.createElement(tag), { textContent: text }, set);
  const table = document.createElement("table");
  table.createCaption().append(element("span", caption));
  const head = table.createTHead().insertRow();
  headings.forEach((text) => head.append(element("th", text, { scope: "col" })));
  const body = table.createTBody();
  rows.forEach((row) => {
    const line = body.insertRow();
    row.forEach((text, at) =>
      line.append(at < names ? element("th", text, { scope: "row" }) : element("td", text)));
  });
  return table;
}

function classTables() {
  const names = data.classes[choice("target")], found = chosen().filter((at) => at !== null);
  const [target, size] = ["target", "size"].map(choice);
  const what = `${data.targets[target]}, ${counted(data.sizes[size], "window")}`;
  document.getElementById("chosen").textContent =
    what + (found.length < 3 ? ": what is not shown of the three is not asked for or not done." : ".");
  document.getElementById("chosen-legend").replaceChildren(...chosen().flatMap((at, number) => {
    if (at === null) return [];
    const item = document.createElement("li");
    item.append(swatch({ ...contenderLooks()[number], width: 0 }), chosenLabel(at));
    return [item];
  }));
  document.getElementById("f1-table").replaceChildren(tableOf(
    `F1 in per cent: ${what}.`, ["class", ...found.map(chosenLabel)],
    names.map((name, place) =>
      [name, ...found.map((at) => percent(data.confusions[at].f1[place]))]), 1));
  document.getElementById("confusion-tables").replaceChildren(...found.map((at) => {
    const box = Object.assign(document.createElement("div"), { className: "scroll", tabIndex: 0 });
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", `Confusion matrix: ${chosenLabel(at)}`);
    const counts = data.confusions[at].counts, n = names.length;
    box.append(tableOf(`${chosenLabel(at)}: windows by true class (row) and predicted class.`,
      ["true class", ...names],
      names.map((name, row) => [name, ...counts.slice(row * n, (row + 1) * n).map(String)]), 1));
    return box;
  }));
}
