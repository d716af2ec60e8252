import fc from "fast-check";
import { expect, it } from "vitest";
import { HlcClock } from "../../../src/system/components/hlc/hlc-clock.ts";
import { HlcOffsetError } from "../../../src/system/components/hlc/hlc-errors.ts";
import { compareStamps, decodeStamp, encodeStamp, type HlcStamp } from "../../../src/system/components/hlc/stamp.ts";
import type { Clock } from "../../../src/system/ports/clock.ts";
import type { Message } from "../../../src/system/ports/transport.ts";
import { nodeId } from "../../../src/system/ports/node-id.ts";
import { TestWorld, type Body } from "../../sim/world.ts";

const IDS = ["n1", "n2", "n3"] as const;

/** What happens to one node at one moment. */
type Move =
  | { readonly do: "send"; readonly to: number }
  | { readonly do: "stamp" }
  | { readonly do: "step"; readonly byMs: number }
  | { readonly do: "crash"; readonly forMs: number };

interface Plan {
  readonly skewMs: readonly number[];
  readonly ppm: readonly number[];
  readonly moves: readonly { readonly atMs: number; readonly node: number; readonly move: Move }[];
}

/** An event that got a stamp, with the vector clock that the test kept beside it. */
interface Event {
  readonly node: number;
  readonly stamp: HlcStamp;
  readonly vector: readonly number[];
  /** Largest wall reading in its causal past, its own included. */
  readonly pastWallMs: number;
}

const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("send" as const), to: fc.nat(1) }) },
  { weight: 4, arbitrary: fc.constant({ do: "stamp" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("step" as const), byMs: fc.integer({ min: -4_000, max: 400 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), forMs: fc.constantFrom(1, 500, 4_000) }) },
);
const plans: fc.Arbitrary<Plan> = fc.record({
  skewMs: fc.array(fc.integer({ min: -250, max: 250 }), { minLength: 3, maxLength: 3 }),
  ppm: fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 3, maxLength: 3 }),
  moves: fc.array(fc.record({ atMs: fc.integer({ min: 20, max: 12_000 }), node: fc.nat(2), move: moves }), {
    minLength: 10,
    maxLength: 80,
    size: "max",
  }),
});

interface Outcome {
  readonly events: readonly Event[];
  readonly restarts: number;
  readonly rejected: number;
}

/** Plays a plan on the simulator. The vector clocks live outside the nodes, so no crash takes them. */
async function play(plan: Plan): Promise<Outcome> {
  const events: Event[] = [];
  const vectors = IDS.map(() => [0, 0, 0]);
  const pastWall = [0, 0, 0];
  const sent = new Map<number, { vector: readonly number[]; wallMs: number }>();
  let letters = 0;
  let restarts = 0;
  let rejected = 0;

  const body =
    (me: number): Body =>
    (env) => {
      const vector = vectors[me] as number[];
      const peers = IDS.filter((_, at) => at !== me);
      // Every reading of the wall is in the past of what follows on this node, also one that led to no stamp.
      const clock: Clock = {
        monotonic: () => env.clock.monotonic(),
        wall: () => {
          const wallMs = env.clock.wall();
          pastWall[me] = Math.max(pastWall[me] as number, wallMs);
          return wallMs;
        },
      };
      const note = (stamp: HlcStamp): void => {
        vector[me] = (vector[me] as number) + 1;
        events.push({ node: me, stamp, vector: [...vector], pastWallMs: pastWall[me] as number });
      };
      void HlcClock.open({ nodeId: env.id, ...env, clock }).then((hlc) => {
        const stamp = async (then: (given: HlcStamp) => void): Promise<void> => {
          const given = await hlc.nowWhenDurable();
          note(given);
          then(given);
        };
        for (const { atMs, move } of plan.moves.filter(({ node }) => node === me)) {
          if (move.do !== "send" && move.do !== "stamp") continue;
          const inMs = atMs - Math.floor(world.kernel.now / 1_000);
          if (inMs <= 0) continue;
          const timer = env.timers.create("move", () => {
            void stamp((given) => {
              if (move.do !== "send") return;
              const letter = ++letters;
              sent.set(letter, { vector: [...vector], wallMs: pastWall[me] as number });
              const to = nodeId(peers[move.to] as string);
              env.transport.send(to, { type: "test.letter", letter, hlc: encodeStamp(given) });
            });
          });
          timer.arm(inMs);
        }
        env.transport.subscribe((_from, message: Message) => {
          const remote = decodeStamp(message["hlc"] as string);
          hlc.receiveWhenDurable(remote).then(
            (given) => {
              const letter = sent.get(Number(message["letter"]));
              letter?.vector.forEach((count, at) => (vector[at] = Math.max(vector[at] as number, count)));
              pastWall[me] = Math.max(pastWall[me] as number, letter?.wallMs ?? 0);
              note(given);
            },
            (error: unknown) => {
              if (!(error instanceof HlcOffsetError)) throw error;
              rejected++;
            },
          );
        });
      });
    };

  const world = new TestWorld(Object.fromEntries(IDS.map((id, me) => [id, body(me)])), {
    clocks: Object.fromEntries(
      IDS.map((id, me) => [id, { offsetUs: (plan.skewMs[me] as number) * 1_000, ppm: plan.ppm[me] as number }]),
    ),
    network: {
      latency: { uniform: { min: 500, max: 30_000 } },
      duplicatePpm: 50_000,
      reorderPpm: 100_000,
      reorderBy: 50_000,
    },
  });
  for (const { atMs, node, move } of plan.moves) {
    const id = nodeId(IDS[node] as string);
    world.at(atMs, () => {
      if (move.do === "step") world.cluster.node(id).clock.addOffset(world.kernel.now, move.byMs * 1_000);
      else if (move.do === "crash" && world.cluster.crash(id)) {
        world.at(atMs + move.forMs, () => {
          if (world.cluster.restart(id)) restarts++;
        });
      }
    });
  }
  await world.run(20_000);
  return { events, restarts, rejected };
}

function happenedBefore(a: Event, b: Event): boolean {
  return a !== b && a.vector.every((count, at) => count <= (b.vector[at] as number));
}

it("is strict per node, causal, bounded and sortable on any message graph with skew, steps and restarts", async () => {
  let pairs = 0;
  let restarts = 0;
  let rejected = 0;
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const outcome = await play(plan);
      restarts += outcome.restarts;
      rejected += outcome.rejected;
      const { events } = outcome;
      for (const b of events) {
        expect(b.stamp.ms - b.pastWallMs).toBeLessThanOrEqual(3_000);
        for (const a of events) {
          const order = compareStamps(a.stamp, b.stamp);
          if (happenedBefore(a, b)) {
            pairs++;
            if (order >= 0) expect.unreachable(`${encodeStamp(a.stamp)} happened before ${encodeStamp(b.stamp)}`);
          }
          if (a !== b && order === 0) expect.unreachable(`${encodeStamp(a.stamp)} was given twice`);
          const [left, right] = [encodeStamp(a.stamp), encodeStamp(b.stamp)];
          if ((left < right ? -1 : left > right ? 1 : 0) !== order) expect.unreachable(`${left} against ${right}`);
        }
      }
    }),
    { numRuns: 60 },
  );
  // The runs went where the rules are.
  expect(pairs).toBeGreaterThan(10_000);
  expect(restarts).toBeGreaterThan(30);
  expect(rejected).toBeGreaterThan(0);
});
