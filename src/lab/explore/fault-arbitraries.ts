import * as fc from "fast-check";
import type { Plain } from "../../trace/plain.ts";
import type { Micros } from "../../trace/record.ts";
import { formatDuration, parseDuration } from "../../trace/units.ts";

/** What a drawn fault acts on and how strongly: everything but its kind, its name and its times. */
type Effect = Readonly<Record<string, Plain>>;

/** What a kind of fault needs of a plan. */
export interface DrawnKind {
  readonly kind: string;
  readonly effect: fc.Arbitrary<Effect>;
  /** Nodes that cannot serve while it lasts; 0 where the network or a clock is bad and every node runs. */
  readonly takesDown: 0 | 1;
  /** Whether a quorum may be missing while it lasts. */
  readonly endangersQuorum: boolean;
  /** Whether it ends at once, or by itself; such a fault takes no `for`. */
  readonly isMoment?: boolean;
  /** How long it takes in a cluster of so many nodes before it ends by itself, µs; default 0. */
  readonly lasts?: (effect: Effect, nodes: number) => Micros;
  /** Nodes that it stops may stay down when it has ended. */
  readonly mayLeaveDown?: boolean;
  /** The program that it breaks: only clusters that run it draw the kind. */
  readonly program?: string;
  /** Why only a plan that names the kind draws it; absent for what a program that is right survives, whenever it comes. */
  readonly onlyNamed?: string;
}

const ms = (min: number, max: number): fc.Arbitrary<string> =>
  fc.integer({ min, max }).map((value) => formatDuration(value * 1_000));
const percent = (min: number, max: number): fc.Arbitrary<string> =>
  fc.integer({ min, max }).map((value) => `${String(value)}%`);
const kiloBytes = (min: number, max: number): fc.Arbitrary<string> =>
  fc.integer({ min, max }).map((value) => `${String(value)}kB/s`);
const one = fc.constantFrom("leader", "any-follower", "random(1)");
const onNode = one.map((node) => ({ node }));
const onLinks = fc.oneof(
  fc.constant<Effect>({ links: "all" }),
  onNode,
  fc.constantFrom<Effect>(
    { links: [["leader", "any-follower"]] },
    { links: [["any-follower", "leader"]] },
    { links: [["leader", "any-follower"]], both: true },
  ),
);
const shape = fc.oneof(
  fc.constantFrom<Effect>(
    { shape: "split", groups: [["leader", "any-follower"], ["rest"]] },
    { shape: "split", groups: [["minority"], ["rest"]] },
    { shape: "split", groups: [["leader"], ["any-follower"], ["rest"]] },
    { shape: "bridge", groups: [["leader"], ["rest"]], bridge: "any-follower" },
    { shape: "chain", nodes: ["all"] },
    { shape: "majorities-ring", nodes: ["all"] },
    { shape: "random-halves" },
    { shape: "one-way", a: "leader", b: ["rest"] },
    { shape: "one-way", a: ["rest"], b: "leader" },
  ),
  fc.record({ shape: fc.constantFrom("isolate", "deaf", "mute"), node: one }),
  fc.record({ shape: fc.constant("hub-loss"), hub: one }),
);

function also(effect: fc.Arbitrary<Effect>, more: Readonly<Record<string, fc.Arbitrary<Plain>>>): fc.Arbitrary<Effect> {
  return fc.tuple(effect, fc.record(more)).map(([a, b]) => ({ ...a, ...b }));
}

const onNetwork = { takesDown: 0, endangersQuorum: true } as const;
const onClocks = { takesDown: 0, endangersQuorum: false } as const;
const onNodes = { takesDown: 1, endangersQuorum: true } as const;

const onService = { takesDown: 0, endangersQuorum: false } as const;
const nothing = fc.constant<Effect>({});

/** One node and another one. */
const pairs = fc.constantFrom<readonly [string, string]>(
  ["leader", "any-follower"],
  ["any-follower", "leader"],
  ["any-follower", "random(1)"],
);
const names = fc.oneof(
  pairs.map(([node, name]) => ({ node, name })),
  pairs.map(([to, name]) => ({ nodes: ["rest"], name, to })),
  fc.constant<Effect>({ nodes: ["all"], name: "leader" }),
);

const FORGETS = "a member that forgets what it promised is another member: safe only with a change of membership";
const STOPS = "a program that cannot rely on its disk stops itself, and nobody starts it again";

function microsOf(duration: Plain | undefined): Micros {
  return (typeof duration === "string" ? parseDuration(duration) : undefined) ?? 0;
}

function rollingTime({ down, gap }: Effect, nodes: number): Micros {
  return nodes * (microsOf(down) + microsOf(gap));
}

/** Every kind of fault that can be drawn. */
export const FAULT_ARBITRARIES: readonly DrawnKind[] = [
  { kind: "partition", effect: shape, ...onNetwork },
  {
    kind: "flap",
    effect: fc.record({ shape, down: ms(50, 2_000), up: ms(50, 2_000) }),
    ...onNetwork,
  },
  { kind: "delay", effect: also(onLinks, { by: ms(5, 400) }), ...onNetwork },
  { kind: "jitter", effect: also(onLinks, { upTo: ms(5, 400) }), ...onNetwork },
  { kind: "loss", effect: also(onLinks, { rate: percent(1, 60) }), ...onNetwork },
  {
    kind: "burst-loss",
    effect: also(onLinks, { burst: ms(5, 500), gap: ms(50, 2_000), rate: percent(50, 100) }),
    ...onNetwork,
  },
  { kind: "bandwidth", effect: also(onLinks, { rate: kiloBytes(5, 500) }), ...onNetwork },
  { kind: "queue-limit", effect: also(onLinks, { messages: fc.integer({ min: 1, max: 4 }) }), ...onNetwork },
  { kind: "corrupt", effect: also(onLinks, { rate: percent(1, 60) }), ...onNetwork },
  { kind: "duplicate", effect: also(onLinks, { rate: percent(1, 50) }), ...onClocks },
  { kind: "reorder", effect: also(onLinks, { rate: percent(1, 50), by: ms(1, 200) }), ...onClocks },
  { kind: "hold", effect: onLinks, ...onNetwork },
  { kind: "blackhole", effect: onLinks, ...onNetwork },
  { kind: "skew", effect: also(onNode, { offset: ms(-5_000, 5_000) }), ...onClocks },
  { kind: "step", effect: also(onNode, { by: ms(-5_000, 5_000) }), ...onClocks, isMoment: true },
  { kind: "strobe", effect: also(onNode, { offset: ms(-5_000, 5_000), every: ms(4, 2_000) }), ...onClocks },
  { kind: "freeze", effect: onNode, ...onClocks },
  { kind: "smear", effect: also(onNode, { by: ms(-1_000, 1_000), over: ms(1_001, 20_000) }), ...onClocks },
  {
    kind: "leap-second",
    effect: fc.oneof(onNode, fc.constant<Effect>({ nodes: ["all"] })),
    ...onClocks,
    isMoment: true,
  },
  {
    kind: "wrong-at-boot",
    effect: fc.oneof(
      also(onNode, { offset: ms(-5_000, 5_000) }),
      also(onNode, { offset: ms(-5_000, 5_000), corrected: ms(100, 10_000) }),
    ),
    ...onClocks,
  },
  { kind: "drift", effect: also(onNode, { ppm: fc.integer({ min: -150, max: 150 }) }), ...onClocks },
  { kind: "crash", effect: onNode, ...onNodes },
  { kind: "kill", effect: onNode, ...onNodes },
  {
    kind: "restart",
    effect: also(onNode, { how: fc.constantFrom("crash", "kill"), down: ms(50, 5_000) }),
    ...onNodes,
    isMoment: true,
    lasts: ({ down }) => microsOf(down),
  },
  {
    kind: "rolling-restart",
    effect: fc.record({
      nodes: fc.constant(["all"]),
      how: fc.constantFrom("crash", "kill"),
      down: ms(50, 1_500),
      gap: ms(50, 1_500),
    }),
    ...onNodes,
    isMoment: true,
    lasts: rollingTime,
  },
  { kind: "restart-loop", effect: also(onNode, { up: ms(100, 3_000), down: ms(50, 1_000) }), ...onNodes },
  { kind: "slow", effect: also(onNode, { factor: fc.integer({ min: 2, max: 400 }) }), ...onNodes },
  { kind: "pause", effect: onNode, ...onNodes },
  { kind: "wipe", effect: onNode, ...onNodes, onlyNamed: FORGETS },
  { kind: "disk-slow", effect: also(onNode, { syncBy: ms(1, 300) }), ...onNodes },
  { kind: "disk-lose-unsynced", effect: also(onNode, { orderFree: fc.boolean() }), ...onClocks },
  { kind: "disk-torn-write", effect: onNode, ...onClocks },
  { kind: "disk-stuck", effect: onNode, ...onNodes },
  { kind: "disk-full", effect: onNode, ...onNodes, mayLeaveDown: true, onlyNamed: STOPS },
  { kind: "disk-fsync-fails", effect: onNode, ...onNodes, mayLeaveDown: true, onlyNamed: STOPS },
  { kind: "disk-read-only", effect: onNode, ...onNodes, mayLeaveDown: true, onlyNamed: STOPS },
  {
    kind: "bit-rot",
    effect: also(onNode, { bits: fc.integer({ min: 1, max: 8 }) }),
    ...onNodes,
    isMoment: true,
    mayLeaveDown: true,
    onlyNamed: STOPS,
  },
  {
    kind: "shared-disk",
    effect: pairs.map(([node, of]) => ({ node, of })),
    ...onNodes,
    mayLeaveDown: true,
    onlyNamed: "two processes on one disk are a mistake of whoever set them up, which a program may only refuse",
  },
  { kind: "redis-down", effect: nothing, ...onService, program: "redis" },
  { kind: "redis-slow", effect: fc.record({ by: ms(5, 3_000) }), ...onService, program: "redis" },
  { kind: "redis-failover", effect: fc.record({ lose: ms(0, 5_000) }), ...onService, program: "redis" },
  { kind: "ofd-fails", effect: nothing, ...onService, program: "ofd" },
  { kind: "ofd-timeout-after-accept", effect: nothing, ...onService, program: "ofd" },
  { kind: "ofd-slow", effect: fc.record({ by: ms(5, 3_000) }), ...onService, program: "ofd" },
  { kind: "ofd-duplicate-delivery", effect: nothing, ...onService, program: "ofd" },
  { kind: "dns-stale", effect: names, ...onNetwork },
];

/** Kinds that no plan can draw, and why. */
export const NOT_DRAWN: Readonly<Record<string, string>> = {
  order: "What an operator can order is a matter of the program.",
  release: "It only ends a hold, as the end of the hold does.",
};

/** Kinds that random plans draw from: what a program that is right survives, and what breaks the programs there are. */
export function drawnKinds(programs: ReadonlySet<string>): readonly DrawnKind[] {
  return FAULT_ARBITRARIES.filter(
    ({ onlyNamed, program }) => onlyNamed === undefined && (program === undefined || programs.has(program)),
  );
}
