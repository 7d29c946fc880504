// The package behind the page: asks its worker, ends it where a question takes too long, and starts another.

export class Python {
  // seconds: how long an answer may take; onState: told "loading", "ready" and { failed: text }.
  constructor(seconds, onState) {
    this.seconds = seconds;
    this.onState = onState;
    this.number = 0;
    this.start();
  }

  start() {
    this.waiting = new Map();
    this.isReady = false;
    this.onState("loading");
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.onerror = (event) => this.fail(event.message || "a file of the playground could not be loaded");
  }

  // Resolves to the answer, to { slow: true } where it takes too long, or to { failed: text }.
  ask(question, seconds = this.seconds) {
    const id = ++this.number;
    return new Promise((resolve) => {
      const entry = { resolve, seconds, request: JSON.stringify(question) };
      this.waiting.set(id, entry);
      this.worker.postMessage({ id, request: entry.request });
      if (this.isReady) this.watch(id);
    });
  }

  // The clock of a question runs from the moment when Python can hear it.
  watch(id) {
    const entry = this.waiting.get(id);
    if (entry.seconds < Infinity) entry.timer = setTimeout(() => this.stop(id), 1000 * entry.seconds);
  }

  stop(id) {
    this.worker.terminate();
    const others = [...this.waiting].filter(([other]) => other !== id);
    const slow = this.waiting.get(id);
    for (const { timer } of this.waiting.values()) clearTimeout(timer);
    this.start();
    for (const [other, entry] of others) {
      this.waiting.set(other, entry);
      this.worker.postMessage({ id: other, request: entry.request });
    }
    slow.resolve({ slow: true });
  }

  hear(data) {
    if (data.ready) {
      this.isReady = true;
      for (const id of this.waiting.keys()) this.watch(id);
      this.onState("ready");
    } else if (data.id === undefined) {
      this.fail(data.failed);
    } else {
      const entry = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      clearTimeout(entry.timer);
      entry.resolve(data.failed ? { failed: data.failed } : JSON.parse(data.answer));
    }
  }

  fail(text) {
    this.worker.terminate();
    this.onState({ failed: text });
  }
}
