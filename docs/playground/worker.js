// Runs lr_schedule in the browser, off the page's own thread: one message in, one answer out, both JSON.

const runtime = new URL("./runtime/", import.meta.url).href;
const FILES = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "packages.zip"];

// Of a file that is not there Pyodide says nothing that a person could use, or waits for ever.
async function require(name) {
  const response = await fetch(runtime + name, { method: "HEAD" });
  if (!response.ok) throw new Error(`${name} could not be loaded (HTTP status ${response.status})`);
}

async function start() {
  const packages = fetch(`${runtime}packages.zip`).then((response) => response.arrayBuffer());
  const { loadPyodide } = await import("./runtime/pyodide.mjs");
  // indexURL alone would do for the files above; packages are never looked for on a foreign host either.
  const python = await loadPyodide({ indexURL: runtime, packageBaseUrl: runtime });
  python.unpackArchive(await packages, "zip", { extractDir: "/home/pyodide" });
  const answer = python.runPython("from playground import answer; answer");
  // The first schedule imports pydantic, which is part of loading and not of the time that a config may take.
  answer(JSON.stringify({ ask: "show", text: "0.001" }));
  return answer;
}

const answer = Promise.all([start(), ...FILES.map(require)]).then(([found]) => found);

answer.then(
  () => postMessage({ ready: true }),
  (error) => postMessage({ failed: error.message }),
);

onmessage = async ({ data }) => {
  const reply = await answer;
  try {
    postMessage({ id: data.id, answer: reply(data.request) });
  } catch (error) {
    postMessage({ id: data.id, failed: error.message });
  }
};
