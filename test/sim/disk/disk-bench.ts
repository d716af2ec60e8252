import type { DiskConfig } from "../../../src/sim/disk/disk-effect.ts";
import { SimDisk } from "../../../src/sim/disk/sim-disk.ts";
import type { PowerLossRules } from "../../../src/sim/disk/sim-file.ts";
import { Rng } from "../../../src/sim/kernel/rng.ts";
import type { Fields } from "../../../src/trace/plain.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (content: Uint8Array | undefined): string | undefined =>
  content === undefined ? undefined : new TextDecoder().decode(content);

export const LOSE: PowerLossRules = { loseUnsynced: true, tornWrites: false, orderFree: false };

/** Constant latencies: an operation takes 100 µs, a sync 2,000 µs. */
const CONFIG: DiskConfig = { opLatency: { constant: 100 }, syncLatency: { constant: 2_000 }, loseUnsynced: true };

/** One disk on a clock of its own. */
export class DiskBench {
  readonly trace = new TraceWriter({ keep: true });
  readonly disk: SimDisk;
  #events: { time: number; done: () => void }[] = [];

  constructor(seed = "1", config: Partial<DiskConfig> = {}) {
    this.disk = new SimDisk({
      node: "n1",
      schedule: (delay, operation) => {
        const done = (): void => {
          operation.complete();
        };
        this.#events.push({ time: this.trace.time + delay, done });
        // Stable: equal times stay in call order.
        this.#events.sort((a, b) => a.time - b.time);
      },
      trace: this.trace,
      random: new Rng(seed).stream("disk/n1"),
      config: { ...CONFIG, ...config },
    });
  }

  /** Runs what falls due up to `time`, µs. */
  async advance(time: number): Promise<void> {
    for (let next = this.#events[0]; next !== undefined && next.time <= time; next = this.#events[0]) {
      this.#events.shift();
      this.trace.time = next.time;
      next.done();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.trace.time = time;
  }

  /** Runs everything there is, then gives what the operation resolved to. */
  async do<T>(operation: Promise<T>): Promise<T> {
    const settled = operation.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    for (let next = this.#events[0]; next !== undefined; next = this.#events[0]) await this.advance(next.time);
    const result = await settled;
    if ("error" in result) throw result.error;
    return result.value;
  }

  async read(path: string): Promise<string | undefined> {
    return textOf(await this.do(this.disk.read(path)));
  }

  /** Every file of a directory with its text, as `name=text`. */
  async content(directory = ""): Promise<string> {
    const names = await this.do(this.disk.list(directory));
    const prefix = directory === "" ? "" : `${directory}/`;
    const files: string[] = [];
    for (const name of names) files.push(`${name}=${(await this.read(prefix + name)) ?? "?"}`);
    return files.join(" ");
  }

  points(name: string): (Fields & { readonly at: number })[] {
    const found: (Fields & { readonly at: number })[] = [];
    for (const record of this.trace.trace ?? []) {
      if (record.kind === "point" && record.name === name) found.push({ at: record.time, ...record.fields });
    }
    return found;
  }
}

/** How often each result came up over seeds `1`…`count`, as sorted `[result, how often]`. */
export async function overSeeds(count: number, run: (seed: string) => Promise<string>): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= count; seed++) {
    const result = await run(String(seed));
    seen.set(result, (seen.get(result) ?? 0) + 1);
  }
  return new Map([...seen].sort(([a], [b]) => (a < b ? -1 : 1)));
}
