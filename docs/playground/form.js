// The keys of one type as fields of a form, made from the JSON Schema of the package.

const MOST_BOUNDED = 1;

function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Between which numbers a slider moves a key, and how; null where it has no slider.
function rangeOf(schema, text, context) {
  if (![schema.type].flat().includes("number")) return null;
  const highest = schema.maximum ?? schema.exclusiveMaximum;
  if (highest <= MOST_BOUNDED) return { from: 0, to: highest, schema };
  if (schema.key.endsWith("_steps")) return context.timesteps ? { from: 0, to: context.timesteps, schema } : null;
  const start = schema.default ?? Number(text);
  if (start === 0 || schema.key === "final_ratio") return { from: 0, to: context.peak, schema };
  return start > 0 ? { from: start / 100, to: start * 100, logarithmic: true, schema } : null;
}

const POSITIONS = 1000;

function positionOf(range, value) {
  const fraction = range.logarithmic
    ? Math.log(value / range.from) / Math.log(range.to / range.from)
    : (value - range.from) / (range.to - range.from);
  return Math.round(POSITIONS * Math.min(Math.max(fraction || 0, 0), 1));
}

function valueAt(range, position) {
  // A bound that the key itself may not reach is not reached by its slider either.
  const low = "exclusiveMinimum" in range.schema || range.schema.key === "end_fraction" ? 1 : 0;
  const high = "exclusiveMaximum" in range.schema ? POSITIONS - 1 : POSITIONS;
  const fraction = Math.min(Math.max(position, low), high) / POSITIONS;
  const value = range.logarithmic
    ? range.from * (range.to / range.from) ** fraction
    : range.from + fraction * (range.to - range.from);
  return String(Number(value.toPrecision(3)));
}

class Field {
  constructor(keys, number, onEdit) {
    this.keys = keys;
    this.onEdit = onEdit;
    this.id = `pg-field-${number}`;
    this.chosen = keys[0];
    this.input = null;
    this.row = make("div", { class: "pg-field" });
  }

  // given: the text of each key of the config; context: the length of the run and the first value.
  show(given, context) {
    const chosen = this.keys.find(({ key }) => key in given) ?? this.chosen;
    if (chosen !== this.chosen || !this.input) this.build(chosen);
    const text = given[chosen.key] ?? "";
    if (document.activeElement !== this.input) this.input.value = text;
    this.range = rangeOf(chosen, text, context);
    this.slider.hidden = !this.range;
    this.row.classList.toggle("pg-wide", !this.range);
    if (this.range && document.activeElement !== this.slider) {
      this.slider.value = positionOf(this.range, Number(text || chosen.default || 0));
    }
  }

  build(chosen) {
    const hadFocus = this.row.contains(document.activeElement);
    this.chosen = chosen;
    this.input = this.inputFor(chosen);
    this.slider = make("input", { type: "range", min: 0, max: POSITIONS, "aria-label": `${chosen.key}, as a slider` });
    this.slider.addEventListener("input", () => {
      this.input.value = valueAt(this.range, Number(this.slider.value));
      this.onEdit({ [chosen.key]: this.input.value });
    });
    const about = make("small", { id: `${this.id}-about` }, chosen.description.replaceAll("`", ""));
    this.row.replaceChildren(this.name(chosen), this.input, this.slider, about);
    if (hadFocus) this.row.querySelector("select, input").focus();
  }

  // The key: its name, or a choice where the same can be said by several keys.
  name(chosen) {
    const label = make("label", { for: this.id }, chosen.key);
    if (this.keys.length === 1) return label;
    const choice = make("select", { "aria-label": "which key", class: "pg-key" });
    for (const { key } of this.keys) choice.append(make("option", key === chosen.key ? { selected: "" } : {}, key));
    choice.addEventListener("change", () => {
      this.build(this.keys.find(({ key }) => key === choice.value));
      this.onEdit({ [chosen.key]: "" });
    });
    return choice;
  }

  inputFor(schema) {
    const options = schema.enum ?? (schema.type === "boolean" ? [true, false] : null);
    const unsaid = schema.default ?? "";
    const attributes = { id: this.id, "data-key": schema.key, "aria-describedby": `${this.id}-about` };
    if (this.keys.length > 1) attributes["aria-label"] = schema.key;
    const input = options
      ? make("select", attributes, make("option", { value: "" }, `${unsaid === "" ? "not given" : unsaid} (default)`))
      : make("input", { ...attributes, type: "text", placeholder: unsaid, autocomplete: "off", spellcheck: "false" });
    for (const option of options ?? []) input.append(make("option", {}, String(option)));
    input.addEventListener("input", () => this.onEdit({ [schema.key]: input.value }));
    return input;
  }
}

export class Form {
  // own, shared: the elements for the keys of the type, and for those that every type takes; onEdit: gets the
  // change, a mapping from keys to texts.
  constructor(own, shared, onEdit) {
    this.own = own;
    this.shared = shared;
    this.onEdit = onEdit;
    this.type = null;
  }

  show(type, given, context) {
    if (type.type !== this.type) {
      this.type = type.type;
      this.fields = type.fields.map(({ keys, own }, number) => [new Field(keys, number, this.onEdit), own]);
      this.own.replaceChildren(...this.fields.filter(([, own]) => own).map(([field]) => field.row));
      const shared = this.fields.filter(([, own]) => !own).map(([field]) => field.row);
      this.shared.replaceChildren(...shared);
      this.shared.parentElement.hidden = shared.length === 0;
    }
    for (const [field] of this.fields) field.show(given, context);
  }
}
