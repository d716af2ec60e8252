// One measurement a process: `node bench/loads.mjs <engine> <load> <size>` prints one JSON line with events per second.
// Every engine runs the same load, drawn from the same generator.
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

/** xorshift32: the loads' own numbers, equal for every engine. */
function generator(seed) {
  let x = seed | 0;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

const TIMERS = 1_000;
const w1DelayMs = (next) => 1 + (next() % 1_000);

/** W1: 1,000 timers that rearm themselves. `schedule(delayMs, callback)`. */
function w1(events, schedule) {
  const next = generator(1);
  const state = { fired: 0 };
  const fire = () => {
    if (++state.fired < events) schedule(w1DelayMs(next), fire);
  };
  for (let i = 0; i < TIMERS; i++) schedule(w1DelayMs(next), fire);
  return state;
}

/** W2, W3: every node sends to every other each 50 ms; latency 1–10 ms. */
function mesh(nodes, virtualSeconds, schedule) {
  const next = generator(1);
  const state = { fired: 0, wanted: nodes * nodes * virtualSeconds * 20 };
  const received = new Array(nodes).fill(0);
  const tick = (from, round) => {
    state.fired++;
    for (let to = 0; to < nodes; to++) {
      if (to === from) continue;
      schedule(1 + (next() % 10), () => {
        state.fired++;
        received[to]++;
      });
    }
    if (round + 1 < virtualSeconds * 20) schedule(50, () => tick(from, round + 1));
  };
  for (let i = 0; i < nodes; i++) schedule(0, () => tick(i, 0));
  return state;
}

const engines = {
  faultline: {
    async w1(events) {
      const { Kernel } = await import("../dist/sim/kernel/kernel.js");
      const { TraceWriter } = await import("../dist/trace/trace-writer.js");
      const trace = new TraceWriter({ keep: false });
      const kernel = new Kernel({ trace });
      const next = generator(1);
      let fired = 0;
      // Each firing is a record in the digest, as in a run.
      const handler = kernel.register((timer) => {
        trace.timer("n1", "w1");
        if (++fired < events) kernel.schedule(kernel.now + w1DelayMs(next) * 1_000, handler, timer, 0);
        else kernel.stop();
      });
      for (let i = 0; i < TIMERS; i++) kernel.schedule(w1DelayMs(next) * 1_000, handler, i, 0);
      const began = performance.now();
      await kernel.run(Number.MAX_SAFE_INTEGER);
      return { events: fired, ms: performance.now() - began, digest: trace.digest() };
    },
    async mesh(nodes, virtualSeconds) {
      const { Kernel } = await import("../dist/sim/kernel/kernel.js");
      const { Cluster } = await import("../dist/sim/cluster.js");
      const { Rng } = await import("../dist/sim/kernel/rng.js");
      const { TraceWriter } = await import("../dist/trace/trace-writer.js");
      const trace = new TraceWriter({ keep: false });
      const kernel = new Kernel({ trace });
      const ids = Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
      let received = 0;
      const program = {
        name: "mesh",
        start({ peers, transport, timers }) {
          const beat = { type: "beat", term: 1 };
          transport.subscribe(() => {
            received++;
          });
          const timer = timers.create("beat", () => {
            timer.arm(50);
            for (const peer of peers) transport.send(peer, beat);
          });
          timer.arm(0);
          return {};
        },
      };
      const cluster = new Cluster({
        kernel,
        rng: new Rng("1"),
        nodes: ids.map((id) => ({ id, role: "node", program, config: {}, peers: ids.filter((other) => other !== id) })),
        network: {
          latency: { uniform: { min: 1_000, max: 10_000 } },
          lossPpm: 0,
          duplicatePpm: 0,
          reorderPpm: 0,
          reorderBy: 0,
        },
        disk: { opLatency: { constant: 10 }, syncLatency: { constant: 100 }, loseUnsynced: true },
        strict: false,
      });
      cluster.startAll();
      const began = performance.now();
      await kernel.run(virtualSeconds * 1_000_000);
      return { events: kernel.events, ms: performance.now() - began, digest: trace.digest(), received };
    },
    async ha(virtualSeconds) {
      const { runScenario } = await import("../dist/lab/run/run-scenario.js");
      const { loadScenarios } = await import("../dist/cli/scenario-files.js");
      const [loaded] = await loadScenarios([fileURLToPath(new URL("ha-60s.yaml", import.meta.url))]);
      const options = { seed: "1", keepTrace: false, strict: false };
      // The first run warms the compiler up, as the thousands of a sweep do.
      await runScenario(loaded, options);
      const began = performance.now();
      const { result } = await runScenario(loaded, { ...options, seed: "2" });
      return { events: result.counts.events, ms: performance.now() - began, digest: result.digest, virtualSeconds };
    },
    async sweep(seeds) {
      // What a worker of a sweep does, without its process: seeds of split-2-3 with every checker and the probes of the coverage table.
      const { loadScenarios } = await import("../dist/cli/scenario-files.js");
      const { planOf } = await import("../dist/lab/explore/plan.js");
      const { runUnit } = await import("../dist/lab/explore/run-unit.js");
      const [loaded] = await loadScenarios([
        fileURLToPath(new URL("../scenarios/seed/split-2-3.yaml", import.meta.url)),
      ]);
      const warmUp = 2 * seeds;
      const plan = planOf([loaded], { seeds: `1..${warmUp + seeds}`, plans: "written" });
      const source = { plan, scenarios: [loaded], fingerprint: () => "" };
      // A worker of a long sweep is warm nearly all its life.
      await runUnit(source, { from: 0, to: warmUp });
      const began = performance.now();
      const part = await runUnit(source, { from: warmUp, to: warmUp + seeds });
      if (part.failures.length > 0) throw new Error("split-2-3 is the safe program: no seed of it fails.");
      return { events: part.to - part.from, ms: performance.now() - began };
    },
  },
  heap: {
    // The heap every textbook has: objects and a comparator.
    async w1(events) {
      const heap = [];
      let sequence = 0;
      let now = 0;
      const before = (a, b) => (a.time !== b.time ? a.time - b.time : a.sequence - b.sequence);
      const push = (delay, run) => {
        heap.push({ time: now + delay, sequence: sequence++, run });
        let i = heap.length - 1;
        while (i > 0) {
          const p = (i - 1) >> 1;
          if (before(heap[i], heap[p]) >= 0) break;
          [heap[i], heap[p]] = [heap[p], heap[i]];
          i = p;
        }
      };
      const pop = () => {
        const top = heap[0];
        const last = heap.pop();
        if (heap.length > 0) {
          heap[0] = last;
          for (let i = 0; ;) {
            let s = i;
            for (const c of [2 * i + 1, 2 * i + 2]) if (c < heap.length && before(heap[c], heap[s]) < 0) s = c;
            if (s === i) break;
            [heap[i], heap[s]] = [heap[s], heap[i]];
            i = s;
          }
        }
        return top;
      };
      const state = w1(events, push);
      const began = performance.now();
      while (state.fired < events) {
        const event = pop();
        now = event.time;
        event.run();
      }
      return { events: state.fired, ms: performance.now() - began };
    },
  },
  "fake-timers": {
    async clock() {
      const { createClock } = (await import("@sinonjs/fake-timers")).default;
      return createClock(0);
    },
    async w1(events) {
      const clock = await this.clock();
      const state = w1(events, (delay, callback) => clock.setTimeout(callback, delay));
      const began = performance.now();
      while (state.fired < events) clock.tick(1_000);
      return { events: state.fired, ms: performance.now() - began };
    },
    async mesh(nodes, virtualSeconds) {
      const clock = await this.clock();
      const state = mesh(nodes, virtualSeconds, (delay, callback) => clock.setTimeout(callback, delay));
      const began = performance.now();
      while (state.fired < state.wanted) clock.tick(1_000);
      return { events: state.fired, ms: performance.now() - began };
    },
  },
  "fast-check": {
    // The scheduler has an order but no time: the same 1,000 self-rearming tasks, in the order it chooses.
    async w1(events) {
      const fc = await import("fast-check");
      const [scheduler] = fc.sample(fc.scheduler(), { numRuns: 1, seed: 1 });
      let fired = 0;
      const rearm = () => {
        void scheduler.schedule(Promise.resolve()).then(() => {
          if (++fired < events) rearm();
        });
      };
      for (let i = 0; i < TIMERS; i++) rearm();
      const began = performance.now();
      while (fired < events && scheduler.count() > 0) await scheduler.waitOne();
      return { events: fired, ms: performance.now() - began };
    },
  },
};

const [engine, load, a, b] = process.argv.slice(2);
const result = await engines[engine][load](Number(a), Number(b));
console.log(JSON.stringify({ ...result, perSecond: result.events / (result.ms / 1_000) }));
