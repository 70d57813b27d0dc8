// The heatmaps: the panels of a target side by side.

const known = scores.micro_f1.filter(
  (value, at) => value !== null && data.approaches[scores.approach[at]].method === "network");
const span = known.length
  ? [10 * Math.floor(10 * Math.min(...known)), 10 * Math.ceil(10 * Math.max(...known) + 1e-9)]
  : [0, 100];

const several = new Set(data.transfers.map((one) => one.branches)).size > 1;

function heatHover(target, { source, blocks, branches }, size, at) {
  const branch = several ? `, ${branches}` : "";
  const about = blocks === null
    ? "scratch"
    : `from ${plain(sourceName(source))}, ${counted(blocks, "block")}${branch}`;
  const lines = [
    `<b>${plain(data.targets[target])}</b>, ${about}, ${counted(data.sizes[size], "window")}`,
    `micro-F1 ${interval(scores, "micro_f1", at, percent)}`,
  ];
  if (blocks !== null) lines.push(...gainLines(target, { source, blocks, branches }, size, at));
  lines.push(`${scores.done[at]} of ${counted(scores.repetitions[at], "repetition")} done`);
  return lines.join("<br>");
}

function gainLines(target, { source, blocks, branches }, size, at) {
  const verdict = verdictAt.get(`${target} ${data.sources.indexOf(source)} ${size}`);
  const judged = branches === data.judged && verdicts.blocks[verdict] === blocks;
  if (verdict !== undefined && judged) {
    const gain = interval(verdicts, "over_scratch", verdict, points);
    return [`gain over scratch ${gain}`, `verdict: ${verdicts.effect[verdict]}`];
  }
  const scratch = findScore(target, "network", "", 0, size);
  const [ours, theirs] = [scores.micro_f1[at], scores.micro_f1[scratch] ?? null];
  if (ours === null || theirs === null) return [];
  return [`gain over scratch ${points(ours - theirs)}`];
}

// One trace: the panels of a target side by side, the space between them empty columns.
function heatmap(target, place) {
  const edges = [0], columns = [], ticks = [], titles = [];
  const put = (width, column) => {
    edges.push(edges[edges.length - 1] + width);
    columns.push(column);
    if (column) ticks.push([edges[edges.length - 1] - width / 2, column.label]);
  };
  data.origins[target].map((at) => data.sources[at]).forEach((source, number) => {
    if (number) put(FAR, null);
    const panel = edges[edges.length - 1];
    put(1, { label: "scratch", source: "", blocks: null });
    data.transfers.forEach(({ branches, blocks }, at) => {
      const first = branches !== data.transfers[at - 1]?.branches;
      if (first) put(GAP, null);
      const label = first && several ? `${blocks}<br>${branches}` : String(blocks);
      put(1, { label, source, blocks, branches });
    });
    titles.push({ x: panel, wide: edges[edges.length - 1] - panel + FAR, name: sourceName(source) });
  });
  const across = edges[edges.length - 1];
  const left = 16 + 8 * Math.max(...data.sizes.map((size) => String(size).length)) + 22;
  const cell = Math.min(CELL[1], Math.max(CELL[0], Math.floor((place - left - 60) / across)));
  const z = [], hover = [], lacking = [];
  data.sizes.forEach((_, size) => {
    const cells = columns.map((column) => column
      ? findScore(target, "network", column.source, column.blocks ?? 0, size, column.branches)
      : undefined);
    z.push(cells.map((at) => (at === undefined || scores.micro_f1[at] === null)
      ? null : 100 * scores.micro_f1[at]));
    hover.push(cells.map((at, n) => at === undefined
      ? "" : heatHover(target, columns[n], size, at)));
    cells.forEach((at, n) => {
      if (at !== undefined && scores.micro_f1[at] === null) {
        lacking.push([(edges[n] + edges[n + 1]) / 2, size, hover[size][n]]);
      }
    });
  });
  const rows = data.sizes.map((_, size) => size - 0.5).concat(data.sizes.length - 0.5);
  const traces = [{
    type: "heatmap", x: edges, y: rows, z, customdata: hover,
    hovertemplate: "%{customdata}<extra></extra>", hoverongaps: false,
    zmin: span[0], zmax: span[1], colorscale: VIRIDIS.map((one, n) => [n / 10, one]), xgap: 1, ygap: 1,
    showscale: data.sizes.length > 3, // the numbers say it, too
    colorbar: { thickness: 10, len: 1, outlinewidth: 0, x: 1.01, xpad: 4, nticks: 4,
      tickfont: { color: colour("soft"), size: 11 } },
  }];
  const numbers = z.flatMap((row, size) => row.map((value, n) =>
    [(edges[n] + edges[n + 1]) / 2, size, value])).filter(([, , value]) => value !== null);
  traces.push({
    type: "scatter", mode: "text", hoverinfo: "skip", x: numbers.map((one) => one[0]),
    y: numbers.map((one) => one[1]), text: numbers.map((one) => one[2].toFixed(0)),
    textfont: { size: 11.5, color: numbers.map((one) => inkOn(one[2])) }, showlegend: false,
  });
  if (lacking.length) {
    traces.push({
      type: "bar", x: lacking.map((one) => one[0]), base: lacking.map((one) => one[1] - 0.48),
      y: lacking.map(() => 0.96), width: lacking.map(() => 0.96),
      customdata: lacking.map((one) => one[2]), hovertemplate: "%{customdata}<extra></extra>",
      marker: { color: "rgba(0,0,0,0)", line: { width: 1, color: colour("rule") },
        pattern: { shape: "/", size: 6, solidity: 0.25, fgcolor: colour("hatch") } },
      showlegend: false,
    });
  }
  const [width, height] = [cell * across + left + 60, CELL[0] * data.sizes.length];
  const below = several ? 54 : 40;
  return { traces, width, height: height + 22 + below, layout: base({
    width, height: height + 22 + below, margin: { l: left, r: 60, t: 22, b: below }, bargap: 0,
    xaxis: axis({ range: [0, across], showgrid: false, ticks: "", tickfont: { size: 10.5 },
      tickangle: 0, tickvals: ticks.map((one) => one[0]), ticktext: ticks.map((one) => one[1]),
      title: { text: "scratch, then transferred blocks", font: { size: 11, color: colour("soft") },
        standoff: 4 } }),
    yaxis: axis({ range: [-0.5, data.sizes.length - 0.5], showgrid: false, ticks: "",
      tickvals: data.sizes.map((_, size) => size), ticktext: data.sizes.map(String),
      title: { text: "windows", font: { size: 11, color: colour("soft") }, standoff: 6 } }),
    annotations: titles.map(({ x, wide, name }) => ({ x, y: 1, yref: "paper", xanchor: "left",
      yanchor: "bottom", text: "from " + plain(short(name, Math.floor((wide * cell) / 7.4) - 6)),
      showarrow: false, font: { size: 12 } })),
  }) };
}
