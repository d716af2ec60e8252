import * as fc from "fast-check";
import { formatDuration } from "../../trace/units.ts";
import type { Plain } from "../../trace/plain.ts";

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

/**
 * Kinds that random plans draw from: those which a program that is right survives, whenever they come. What a disk may not do to
 * it (lose what was synced, be wiped) is for scenarios that say what must hold then.
 */
export const DRAWN_KINDS: readonly DrawnKind[] = [
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
  { kind: "drift", effect: also(onNode, { ppm: fc.integer({ min: -150, max: 150 }) }), ...onClocks },
  { kind: "crash", effect: onNode, ...onNodes },
  { kind: "kill", effect: onNode, ...onNodes },
  { kind: "restart-loop", effect: also(onNode, { up: ms(100, 3_000), down: ms(50, 1_000) }), ...onNodes },
  { kind: "slow", effect: also(onNode, { factor: fc.integer({ min: 2, max: 400 }) }), ...onNodes },
  { kind: "pause", effect: onNode, ...onNodes },
  { kind: "disk-slow", effect: also(onNode, { syncBy: ms(1, 300) }), ...onNodes },
];
