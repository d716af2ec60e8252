import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("till.mjs", import.meta.url));
const CALL_MS_MAX = 60_000;

/** A till's process, seen from outside: orders go in, answers and observations come out. */
export class TillProcess {
  /** What the till let be seen. Claims: the verification rests on the OFD and on the SQLite file. */
  observations = [];
  #child;
  #calls = new Map();
  #nextCall = 1;
  #errors = "";

  /** @param {{ id: string, folder: string, [more: string]: unknown }} settings */
  constructor(settings) {
    this.id = settings.id;
    this.file = `${settings.folder}/receipts.db`;
    this.#child = fork(PROGRAM, [JSON.stringify(settings)], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#child.stderr?.setEncoding("utf8").on("data", (text) => (this.#errors += text));
    this.#child.on("message", (message) => this.#receive(message));
    this.#child.on("exit", (code, signal) => this.#failAll(`${this.id} ended (${String(code ?? signal)})`));
    /** Settles when the till takes orders. */
    this.ready = this.#wait(0);
  }

  get pid() {
    return this.#child.pid;
  }

  /** @param {readonly string[]} receipts @param {string} [after] A stamp that the till hears of before. */
  create(receipts, after) {
    return this.#ask("create", { receipts, ...(after === undefined ? {} : { after }) });
  }
  /** So many manual syncs at once. */
  sync(times = 1) {
    return this.#ask("sync", { times });
  }
  counts() {
    return this.#ask("counts");
  }
  breaker() {
    return this.#ask("breaker");
  }
  /** Syncs by itself from now on. */
  start() {
    return this.#ask("start");
  }
  /** Ends it in order, and waits until its process is gone. */
  async close() {
    const exited = once(this.#child, "exit");
    await this.#ask("close");
    const [code] = await exited;
    if (code !== 0) throw new Error(`${this.id} ended with ${String(code)}: ${this.#errors}`);
  }
  kill() {
    this.#child.kill("SIGKILL");
  }

  /** Observed states of a key, each with its fields and clocks, in order. */
  states(key) {
    return this.observations.filter((seen) => seen.kind === "state" && seen.key === key);
  }
  points(name) {
    return this.observations.filter((seen) => seen.kind === "point" && seen.name === name);
  }

  #ask(order, more = {}) {
    const call = this.#nextCall++;
    const answer = this.#wait(call);
    this.#child.send({ call, order, ...more }, (error) => {
      if (error !== null) this.#fail(call, `${this.id} is not there for "${order}": ${this.#errors}`);
    });
    return answer;
  }

  #wait(call) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(call, `${this.id} did not answer`), CALL_MS_MAX);
      timer.unref();
      this.#calls.set(call, { resolve, reject });
    });
  }

  #receive({ observation, call, value, error }) {
    if (observation !== undefined) this.observations.push(observation);
    else if (error !== undefined) this.#fail(call, `${this.id}: ${error}`);
    else {
      this.#calls.get(call)?.resolve(value);
      this.#calls.delete(call);
    }
  }

  #fail(call, reason) {
    this.#calls.get(call)?.reject(new Error(reason));
    this.#calls.delete(call);
  }

  #failAll(reason) {
    for (const call of this.#calls.keys()) this.#fail(call, `${reason}: ${this.#errors}`);
  }
}
