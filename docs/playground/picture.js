// The curve as SVG. Its path is in units of the run and of the value, and a matrix places it: what is drawn is what
// the package returned.

const SPACE = "http://www.w3.org/2000/svg";
const MARGIN = { left: 66, right: 16, top: 14, bottom: 42 };
const LETTER = 4; // half the width of a digit

function element(name, attributes, text) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// A number as a person writes it: 0.0003, 1e-7, 250,000.
export function written(value, digits = 6) {
  const rounded = Number(value.toPrecision(digits));
  if (rounded !== 0 && Math.abs(rounded) < 1e-4) return rounded.toExponential();
  return Math.abs(rounded) >= 1e3 && Math.abs(rounded) < 1e15 ? rounded.toLocaleString("en-US") : String(rounded);
}

// Round numbers between 0 and `top`, about `count` of them.
function ticks(top, count) {
  const rough = top / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, index) => index * step);
}

export class Picture {
  constructor(svg, readout) {
    this.svg = svg;
    this.readout = readout;
    this.at = null;
    new ResizeObserver(() => this.draw()).observe(svg.parentElement);
    svg.addEventListener("pointermove", (event) => this.point(event));
    svg.addEventListener("pointerleave", () => this.mark(null));
    svg.addEventListener("blur", () => this.mark(null));
    svg.addEventListener("keydown", (event) => this.walk(event));
  }

  // values: evenly spaced from the start of the run to its end; total: its length in timesteps, or null.
  show(values, total) {
    this.values = values;
    this.total = total;
    this.mark(null);
    this.draw();
  }

  draw() {
    if (!this.values) return;
    const width = this.svg.parentElement.clientWidth;
    const height = Math.round(Math.min(Math.max(0.5 * width, 190), 330));
    const end = this.total ?? 100;
    const highest = Math.max(...this.values);
    const top = highest > 0 ? highest * 1.05 : 1;
    this.inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
    const x = (along) => MARGIN.left + (along / end) * this.inner.width;
    const y = (value) => MARGIN.top + (1 - value / top) * this.inner.height;
    this.place = { x, y, end };
    const parts = [];
    for (const value of ticks(top, this.inner.height / 40)) {
      parts.push(element("line", { class: "pg-grid", x1: x(0), x2: x(end), y1: y(value), y2: y(value) }));
      parts.push(element("text", { x: x(0) - 8, y: y(value) + 4, "text-anchor": "end" }, written(value)));
    }
    for (const along of ticks(end, Math.max(2, this.inner.width / 90))) {
      parts.push(element("line", { class: "pg-grid", x1: x(along), x2: x(along), y1: y(0), y2: y(top) }));
      const label = written(along);
      // A long number at the end of the run would be cut off.
      const isCut = x(along) + LETTER * label.length > width;
      const where = isCut ? { x: width, "text-anchor": "end" } : { x: x(along), "text-anchor": "middle" };
      parts.push(element("text", { ...where, y: y(0) + 18 }, label));
    }
    const name = this.total === null ? "percent of the run" : "timesteps";
    parts.push(element("text", { x: x(end / 2), y: height - 6, "text-anchor": "middle" }, name));
    const last = this.values.length - 1;
    const path = this.values.map((value, index) => `${index ? "L" : "M"}${index / last} ${value}`).join(" ");
    const matrix = [this.inner.width, 0, 0, -this.inner.height / top, MARGIN.left, y(0)];
    const curve = { class: "pg-curve", d: path, transform: `matrix(${matrix.join(" ")})` };
    parts.push(element("path", curve));
    this.dot = element("circle", { class: "pg-dot", r: 5, visibility: "hidden" });
    parts.push(this.dot);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    const ends = `from ${written(this.values[0])} to ${written(this.values[last])}`;
    this.svg.setAttribute("aria-label", `The value over the run, ${ends}; the highest is ${written(highest)}.`);
    this.svg.replaceChildren(...parts);
    this.mark(this.at);
  }

  point(event) {
    if (!this.values) return;
    const fraction = (event.clientX - this.svg.getBoundingClientRect().left - MARGIN.left) / this.inner.width;
    this.mark(Math.round(Math.min(Math.max(fraction, 0), 1) * (this.values.length - 1)));
  }

  walk(event) {
    const last = (this.values?.length ?? 0) - 1;
    const from = this.at ?? 0;
    const steps = { ArrowLeft: from - 10, ArrowRight: from + 10, Home: 0, End: last };
    if (last < 0 || !(event.key in steps)) return;
    event.preventDefault();
    this.mark(this.at === null && event.key === "ArrowRight" ? 0 : Math.min(Math.max(steps[event.key], 0), last));
  }

  // Shows the value of one point, or of none.
  mark(index) {
    this.at = index;
    if (index === null || !this.place) {
      this.dot?.setAttribute("visibility", "hidden");
      this.readout.textContent = "";
      return;
    }
    const along = (index / (this.values.length - 1)) * this.place.end;
    this.dot.setAttribute("cx", this.place.x(along));
    this.dot.setAttribute("cy", this.place.y(this.values[index]));
    this.dot.setAttribute("visibility", "visible");
    const where = this.total === null ? `${written(along)} % of the run` : `timestep ${written(along, 10)}`;
    this.readout.textContent = `${where}: ${written(this.values[index])}`;
  }
}
