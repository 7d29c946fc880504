// The page: a config in, its curve out. All that is known of schedules is asked of the package, in worker.js.

import { Form } from "./form.js";
import { Picture, written } from "./picture.js";
import { Python } from "./python.js";

const page = document.getElementById("pg-page");
const part = (name) => page.querySelector(`.pg-${name}`);
const text = document.getElementById("pg-yaml");
const type = document.getElementById("pg-type");
const timesteps = document.getElementById("pg-timesteps");
const perUpdate = document.getElementById("pg-per-update");
const inAddress = { yaml: text, timesteps, per_update: perUpdate };
const seconds = Number(page.dataset.seconds);

const picture = new Picture(part("picture"), part("readout"));
const form = new Form(part("own"), part("shared"), change);
let types = null;
let shown = null;
let changes = {};
let newType = null;
let isStale = true;
let isWorking = false;
let isLoaded = false;

function say(message, isError = false) {
  part("status").textContent = message;
  part("status").classList.toggle("pg-failed", isError);
}

const LOADING = "Loading Python and lr_schedule: about 9 MB on the first visit. This takes a few seconds …";

// What Python is doing: "loading", "ready", or { failed: text }.
function onState(state) {
  isLoaded = state === "ready";
  page.dataset.state = state.failed ? "failed" : stateOfPage();
  if (state.failed) {
    say(`The playground could not start: ${state.failed}. Reload the page to try again.`, true);
  } else {
    say(isLoaded ? "" : LOADING);
  }
}

function stateOfPage() {
  return !isLoaded ? "loading" : isWorking ? "busy" : "ready";
}

// --- the address -----------------------------------------------------------------------------------------------------

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (!given.has("yaml")) return;
  for (const [name, input] of Object.entries(inAddress)) input.value = given.get(name) ?? "";
}

function writeAddress() {
  const given = Object.entries(inAddress).map(([name, input]) => [name, input.value]);
  history.replaceState(null, "", `#${new URLSearchParams(given.filter(([, value]) => value))}`);
}

// --- questions and answers -------------------------------------------------------------------------------------------

function change(keys) {
  Object.assign(changes, keys);
  work();
}

function renew() {
  isStale = true;
  work();
}

// One question at a time; what changes meanwhile is asked of together, next.
async function work() {
  if (isWorking) return;
  isWorking = true;
  page.dataset.state = stateOfPage();
  while (newType !== null || Object.keys(changes).length || isStale) {
    isStale = false;
    const before = text.value;
    const question = questionBefore(before);
    if (question) {
      const answer = await python.ask(question);
      // What was typed into the YAML meanwhile stands.
      if (answer.text !== undefined && text.value === before) text.value = answer.text;
    }
    const asked = { ask: "show", text: text.value, timesteps: timesteps.value, per_update: perUpdate.value };
    show(await python.ask(asked));
    writeAddress();
    if (!types) await learnTypes();
  }
  isWorking = false;
  page.dataset.state = stateOfPage();
}

function questionBefore(yaml) {
  const chosen = newType;
  const keys = changes;
  newType = null;
  changes = {};
  if (chosen !== null) return { ask: "choose", text: yaml, type: chosen, timesteps: timesteps.value };
  return Object.keys(keys).length ? { ask: "edit", text: yaml, changes: keys } : null;
}

async function learnTypes() {
  // No config slows this down, and without it there is no form: a slow machine may take its time.
  const answer = await python.ask({ ask: "types" }, Infinity);
  types = Object.fromEntries(answer.types.map((one) => [one.type, one]));
  type.replaceChildren(...Object.keys(types).map((name) => new Option(name, name)));
  type.disabled = false;
  showForm();
}

// --- what is shown ---------------------------------------------------------------------------------------------------

function show(answer) {
  text.rows = Math.min(Math.max(text.value.split("\n").length + 1, 6), 18);
  const problems = answer.slow
    ? [{ text: `This takes longer than ${seconds} seconds, and was stopped. Change the config to go on.` }]
    : answer.failed
      ? [{ text: answer.failed }]
      : (answer.problems ?? []);
  shown = answer;
  list(part("problems"), problems.map(({ line, text: said }) => (line ? `Line ${line}: ${said}` : said)));
  list(part("warnings"), answer.warnings ?? []);
  part("result").classList.toggle("pg-stale", problems.length > 0);
  if (answer.values) {
    picture.show(answer.values, answer.total);
    showRows(answer);
  }
  for (const button of page.querySelectorAll("[data-copy=python]")) button.disabled = !answer.python;
  showForm();
}

function showForm() {
  if (!types) return;
  const known = types[shown.type];
  part("keys").disabled = !known;
  if (!known) return;
  type.value = shown.type;
  part("summary").textContent = known.summary;
  const peak = Number(shown.fields.initial_value) || 0.001;
  const length = shown.total ?? (Number(timesteps.value.replaceAll(",", "")) || null);
  form.show(known, shown.fields, { timesteps: length, peak });
}

function list(element, lines) {
  element.replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }),
  );
  element.hidden = lines.length === 0;
}

function showRows({ rows, total }) {
  part("table").querySelector("th").textContent = total === null ? "percent" : "timestep";
  part("table").tBodies[0].replaceChildren(
    ...rows.map(({ step, progress, value }) => {
      const row = document.createElement("tr");
      const numbers = [[step ?? 100 * (1 - progress), 10], [progress, 10], [value, 7]];
      for (const [number, digits] of numbers) {
        const cell = row.insertCell();
        cell.textContent = written(number, digits);
        cell.dataset.value = number;
      }
      return row;
    }),
  );
}

// --- copying ---------------------------------------------------------------------------------------------------------

const COPIED = "Copied.";
const copies = { yaml: () => text.value, python: () => shown.python, link: () => location.href };

async function copy(button) {
  try {
    await navigator.clipboard.writeText(copies[button.dataset.copy]());
    say(COPIED);
    setTimeout(() => part("status").textContent === COPIED && say(""), 3000);
  } catch {
    // A page that is not served over https has no clipboard.
    say("The browser does not let this page copy; select the text and copy it yourself.", true);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

for (const input of [text, timesteps, perUpdate]) input.addEventListener("input", renew);
for (const button of page.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button));
type.addEventListener("change", () => {
  newType = type.value;
  work();
});
addEventListener("hashchange", () => {
  readAddress();
  renew();
});

let python = null;
if (typeof WebAssembly === "object") {
  readAddress();
  python = new Python(seconds, onState);
  work();
} else {
  onState({ failed: "this browser has no WebAssembly, or it is switched off" });
}
