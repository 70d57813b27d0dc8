// Runs model.onnx on the windows of windows.json, both written by `crosswear export`.
import * as ort from "./node_modules/onnxruntime-web/dist/ort.wasm.min.mjs";

ort.env.wasm.numThreads = 1; // more need headers that a simple server does not send

/** Probabilities of each window, an array of classes each. `windows`: float32 [n, 3, L] in g. */
export async function recognise(session, windows, shape) {
  const input = new ort.Tensor("float32", windows, shape);
  const { probabilities } = await session.run({ windows: input });
  const [count, classes] = probabilities.dims;
  return Array.from({ length: count }, (_, row) =>
    Array.from(probabilities.data.subarray(row * classes, (row + 1) * classes)),
  );
}

async function fetched(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  return response;
}

function show(probabilities, { classes, threshold }) {
  const rows = probabilities.map((row, number) => {
    const best = row.indexOf(Math.max(...row));
    const sure = row[best] >= threshold;
    const line = document.createElement("tr");
    line.className = sure ? "" : "unsure";
    for (const text of [number + 1, classes[best] + (sure ? "" : " (unsure)"), row[best].toFixed(2)]) {
      line.insertCell().textContent = text; // names are text, never markup
    }
    return line;
  });
  document.getElementById("result").replaceChildren(...rows);
}

const status = document.getElementById("status");
try {
  const examples = await (await fetched("windows.json")).json();
  const model = await (await fetched("model.onnx")).arrayBuffer();
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  const windows = Float32Array.from(examples.windows.flat());
  const started = performance.now();
  const probabilities = await recognise(session, windows, examples.shape);
  const each = (performance.now() - started) / probabilities.length;
  show(probabilities, examples);
  window.probabilities = probabilities;
  status.textContent = `${probabilities.length} windows, ${each.toFixed(2)} ms each.`;
  status.dataset.state = "done";
} catch (error) {
  status.textContent = `It does not work: ${error.message}`;
  status.dataset.state = "failed";
}
