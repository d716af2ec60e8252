import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SimFile, type Mutation } from "../../../src/sim/disk/sim-file.ts";
import { Rng, type RngStream } from "../../../src/sim/kernel/rng.ts";
import { LOSE } from "./disk-bench.ts";

/** The same file as two lists of bytes and every change between them, kept one by one. */
class Model {
  durable: number[] = [];
  cache: number[] = [];
  #unsynced: Mutation[] = [];
  #abandoned: Mutation[] = [];
  #synced = 0;

  get version(): number {
    return this.#synced + this.#unsynced.length;
  }
  change(mutation: Mutation): void {
    this.cache = changed(this.cache, mutation);
    this.#unsynced.push(mutation);
  }
  sync(version: number): void {
    for (const mutation of this.#take(version)) this.#reach(mutation);
  }
  failSync(version: number, random: RngStream): void {
    const covered = this.#take(version);
    if (covered.length === 0) return;
    const reached = random.integer(0, covered.length);
    for (const mutation of covered.slice(0, reached)) this.#reach(mutation);
    this.#abandoned.push(...covered.slice(reached));
  }
  flip(byte: number, bit: number): void {
    for (const bytes of [this.durable, this.cache])
      if (byte < bytes.length) bytes[byte] = (bytes[byte] as number) ^ (1 << bit);
  }
  powerLoss(random: RngStream): void {
    if (this.#unsynced.length + this.#abandoned.length === 0) return;
    const survivors = this.#unsynced.slice(0, random.integer(0, this.#unsynced.length));
    for (const mutation of survivors) this.durable = changed(this.durable, mutation);
    this.#synced += this.#unsynced.length;
    this.#unsynced = [];
    this.#abandoned = [];
    this.cache = [...this.durable];
  }

  #take(version: number): Mutation[] {
    const covered = this.#unsynced.splice(0, Math.max(0, version - this.#synced));
    this.#synced += covered.length;
    return covered;
  }
  #reach(mutation: Mutation): void {
    this.durable = changed(this.durable, mutation);
    if (mutation.kind === "append") return;
    const end = mutation.kind === "write" ? 0 : mutation.length;
    this.#abandoned = this.#abandoned.filter((lost) => lost.kind === "append" && lost.offset < end);
  }
}

function changed(bytes: readonly number[], mutation: Mutation): number[] {
  if (mutation.kind === "write") return [...mutation.bytes];
  if (mutation.kind === "truncate") return bytes.slice(0, mutation.length);
  const zeros = new Array<number>(Math.max(0, mutation.offset - bytes.length)).fill(0);
  const before = [...bytes.slice(0, mutation.offset), ...zeros];
  return [...before, ...mutation.bytes, ...bytes.slice(before.length + mutation.bytes.length)];
}

const content = fc.uint8Array({ minLength: 1, maxLength: 3 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant("append" as const), content }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("write" as const), content }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("truncate" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("sync" as const), late: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("fail" as const), late: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("flip" as const), byte: fc.nat(8), bit: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("power loss" as const) }) },
);

describe("a simulated file", () => {
  it("shows and keeps what one does that remembers every change by itself, whatever is done", () => {
    const ways = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const file = new SimFile();
        const model = new Model();
        const random = new Rng("file").stream("a");
        const twin = new Rng("file").stream("a");
        for (const one of steps) {
          ways.add(one.does);
          if (one.does === "append") {
            model.change({ kind: "append", offset: file.size, bytes: one.content });
            file.append(one.content);
          } else if (one.does === "write") {
            model.change({ kind: "write", bytes: one.content });
            file.write(one.content);
          } else if (one.does === "truncate") {
            const length = Math.floor(one.share * file.size);
            model.change({ kind: "truncate", length });
            file.truncate(length);
          } else if (one.does === "sync") {
            // A sync covers what was there when it was issued.
            const version = file.version - one.late;
            model.sync(version);
            file.makeDurable(version);
          } else if (one.does === "fail") {
            const version = file.version - one.late;
            model.failSync(version, twin);
            file.failSync(version, "somebody", random);
          } else if (one.does === "flip") {
            model.flip(one.byte, one.bit);
            file.flip(one.byte, one.bit);
          } else {
            model.powerLoss(twin);
            file.powerLoss(LOSE, random);
          }
          expect([[...file.read()], [...file.readDurable()], file.version]).toEqual([
            model.cache,
            model.durable,
            model.version,
          ]);
        }
      }),
      { seed: 1, numRuns: 2_000 },
    );
    expect(ways.size).toBe(7);
  });

  it("owns its bytes: who appended them may use the memory again", () => {
    const file = new SimFile();
    const mine = Uint8Array.of(1, 2);
    file.append(mine);
    file.write(mine);
    file.append(mine);
    mine.fill(9);
    file.makeDurable(file.version);
    expect([...file.readDurable()]).toEqual([1, 2, 1, 2]);
  });
});
