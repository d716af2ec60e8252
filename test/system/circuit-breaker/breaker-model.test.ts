import fc from "fast-check";
import { expect, it } from "vitest";
import type { BreakerState } from "../../../src/system/components/circuit-breaker/circuit-breaker.ts";
import { BreakerWorld, settled, type PendingCall } from "./breaker-world.ts";

class Business extends Error {}

/** What the specification says, in the plainest words: no timers, no promises. */
class Model {
  now = 0;
  state: BreakerState = "closed";
  era = 0;
  failures = 0;
  successes = 0;
  openedAt = 0;
  /** Calls under way, oldest first. */
  calls: { id: number; era: number; at: number }[] = [];
  reached = 0;
  refused = 0;

  get probes(): number {
    return this.state === "half-open" ? this.calls.filter((call) => call.era === this.era).length : 0;
  }
  enter(state: BreakerState): void {
    this.state = state;
    this.era++;
    this.failures = 0;
    this.successes = 0;
    if (state === "open") this.openedAt = this.now;
  }
  end(id: number, result: "success" | "failure" | "ignored"): void {
    const call = this.calls.find((one) => one.id === id);
    if (call === undefined) return;
    this.calls = this.calls.filter((one) => one !== call);
    if (call.era !== this.era || result === "ignored") return;
    const isFailure = result === "failure";
    if (this.state === "closed") {
      this.failures = isFailure ? this.failures + 1 : 0;
      if (this.failures === 5) this.enter("open");
    } else if (isFailure) this.enter("open");
    else if (++this.successes === 2) this.enter("closed");
  }
  begin(id: number, max: number): void {
    if (this.state === "open" && this.now - this.openedAt >= 60_000) this.enter("half-open");
    if (this.state === "open" || (this.state === "half-open" && this.probes >= max)) {
      this.refused++;
      return;
    }
    this.reached++;
    this.calls.push({ id, era: this.era, at: this.now });
  }
  pass(ms: number): void {
    this.now += ms;
    for (const call of [...this.calls]) if (this.now - call.at >= 10_000) this.end(call.id, "failure");
  }
}

class Real {
  readonly world: BreakerWorld;
  readonly max: number;
  readonly calls: PendingCall[] = [];
  refused = 0;
  constructor(max: number, withTimers: boolean) {
    this.max = max;
    this.world = new BreakerWorld({
      halfOpenCallsMax: max,
      withTimers,
      isIgnored: (error) => error instanceof Business,
    });
  }
}

type Step = fc.AsyncCommand<Model, Real>;

async function compare(model: Model, real: Real): Promise<void> {
  await settled();
  const stats = real.world.breaker.getStats();
  expect(stats).toMatchObject({ state: model.state, successCount: model.successes, generation: model.era });
  if (model.state === "closed") expect(stats.failureCount).toBe(model.failures);
  expect(real.world.reached).toBe(model.reached);
  expect(real.calls.filter((call) => call.seen.startsWith("error CIRCUIT_OPEN"))).toHaveLength(model.refused);
}

const begin = (): Step => ({
  check: () => true,
  toString: () => "begin",
  async run(model, real) {
    model.begin(real.calls.length, real.max);
    real.calls.push(real.world.begin());
    await compare(model, real);
  },
});

/** Ends any call ever begun, oldest generations and ended ones too. */
const end = (which: number, result: "success" | "failure" | "ignored"): Step => ({
  check: () => true,
  toString: () => `${result}(${String(which)})`,
  async run(model, real) {
    if (real.calls.length === 0) return;
    const id = which % real.calls.length;
    const call = real.calls[id] as PendingCall;
    model.end(id, result);
    if (result === "success") await call.succeed();
    else await call.fail(result === "failure" ? new Error("down") : new Business());
    await compare(model, real);
  },
});

const pass = (ms: number): Step => ({
  check: () => true,
  toString: () => `pass(${String(ms)})`,
  async run(model, real) {
    model.pass(ms);
    await real.world.time.pass(ms);
    await compare(model, real);
  },
});

const byHand = (isOpen: boolean): Step => ({
  check: () => true,
  toString: () => (isOpen ? "forceOpen" : "reset"),
  async run(model, real) {
    if (isOpen) {
      if (model.state !== "open") model.enter("open");
      real.world.breaker.forceOpen();
    } else {
      model.enter("closed");
      real.world.breaker.reset();
    }
    await compare(model, real);
  },
});

/** Calls that begin and end in one go, leaving those under way as they are. */
const calls = (times: number, how: "success" | "failure" | "ignored"): Step => ({
  check: () => true,
  toString: () => `calls(${String(times)} × ${how})`,
  async run(model, real) {
    for (let i = 0; i < times; i++) {
      await begin().run(model, real);
      await end(real.calls.length - 1, how).run(model, real);
    }
  },
});

const result = fc.constantFrom("success" as const, "failure" as const, "failure" as const, "ignored" as const);
const steps = [
  fc.constant(0).map(begin),
  fc.constant(0).map(begin),
  fc.tuple(fc.nat(60), result).map(([which, how]) => end(which, how)),
  fc.tuple(fc.nat(60), result).map(([which, how]) => end(which, how)),
  fc.constantFrom(1, 9_999, 10_000, 30_000, 59_999, 60_000).map(pass),
  fc.tuple(fc.integer({ min: 1, max: 5 }), result).map(([times, how]) => calls(times, how)),
  fc.constantFrom(60_000, 60_001).map(pass),
  fc.nat(5).map((draw) => (draw < 2 ? byHand(draw === 0) : calls(2, "success"))),
];

it("does as the model does, whatever order calls begin and end in, late results included", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.commands(steps, { maxCommands: 60, size: "max" }),
      async (max, commands) => {
        const real = new Real(max, true);
        await fc.asyncModelRun(() => ({ model: new Model(), real }), commands);
        for (const edge of real.world.edges) seen.add(edge.slice(edge.indexOf("=")));
      },
    ),
    { numRuns: 200 },
  );
  // The runs went where the rules are.
  expect([...seen]).toEqual(
    expect.arrayContaining([
      "=open failures",
      "=open probe-failed",
      "=half-open recovery-timeout",
      "=closed recovered",
    ]),
  );
});

// A run of failures, the recovery timeout and a run of ends: deep in the states that free walks reach seldom.
it("does as the model does around every opening", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.nat(3),
      fc.array(fc.tuple(fc.nat(8), result), { maxLength: 12 }),
      async (max, old, ends) => {
        const real = new Real(max, true);
        const model = new Model();
        const run = async (list: readonly Step[]): Promise<void> => {
          for (const step of list) await step.run(model, real);
        };
        for (let i = 0; i < 5 + old; i++) await run([begin()]);
        for (let i = 0; i < 5; i++) await run([end(i, "failure")]);
        expect(model.state).toBe("open");
        await run([pass(5_000), begin(), pass(4_999)]);
        for (const [which, how] of ends.slice(0, 3)) await run([end(5 + which, how)]);
        await run([pass(50_001), begin(), begin()]);
        for (const [which, how] of ends) await run([end(which, how), begin()]);
      },
    ),
    { numRuns: 100 },
  );
});
