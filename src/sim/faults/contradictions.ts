import { formatDuration } from "../../trace/units.ts";
import { startRange, type CommonSpec, type Contradiction, type FaultKind, type Outage } from "./fault.ts";
import { isRole } from "./targets.ts";

/** A fault beside its kind. */
export interface KnownFault {
  readonly spec: CommonSpec;
  readonly kind: FaultKind<never>;
}

/** Everything that cannot be meant in a list of faults, as far as it shows before the run: names and moments, no roles. */
export function contradictionsOf(faults: readonly KnownFault[]): Contradiction[] {
  return [
    ...faults.flatMap(({ spec, kind }, i) =>
      [...timeProblems(spec, kind), ...(kind.problems?.(spec as never) ?? [])].map((found) => ({
        ...found,
        path: [i, ...found.path],
      })),
    ),
    ...sameIds(faults),
    ...outageClashes(faults),
    ...startsOfNobody(faults),
    ...releasesOfNothing(faults),
  ];
}

function timeProblems(spec: CommonSpec, kind: FaultKind<never>): Contradiction[] {
  const [earliest, latest] = startRange(spec);
  const problem = (path: string, message: string, expected: string): Contradiction[] => [
    { path: [path], message, expected },
  ];
  if (earliest > latest) return problem("at", "The range of its start ends before it begins.", "[earliest, latest]");
  if (kind.endsItself === true && (spec.for ?? spec.until) !== undefined) {
    const key = spec.for === undefined ? "until" : "for";
    return problem(key, `A ${spec.kind} ends by itself.`, "neither for nor until");
  }
  if (spec.for !== undefined && spec.until !== undefined) {
    return problem("until", "The fault has two ends, for and until.", "one of them");
  }
  if (spec.until !== undefined && spec.until <= latest) {
    return problem("until", "The fault ends before it starts.", `a moment after ${formatDuration(latest)}`);
  }
  return [];
}

function sameIds(faults: readonly KnownFault[]): Contradiction[] {
  const seen = new Set<string>();
  return faults.flatMap(({ spec: { id } }, i) => {
    if (id === undefined) return [];
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [{ path: [i, "id"], message: `Two faults are called "${id}".`, expected: "a name of its own for each" }];
  });
}

interface PlacedOutage extends Outage {
  readonly index: number;
  readonly name: string;
}

function outagesIn(faults: readonly KnownFault[]): PlacedOutage[] {
  return faults.flatMap(({ spec, kind }, index) =>
    (kind.outages?.(spec as never) ?? [])
      .filter((outage) => outage.from < outage.to)
      .map((outage) => ({ ...outage, index, name: spec.id ?? spec.kind })),
  );
}

/** Nodes that are taken down or paused while another fault has them down or paused already. */
function outageClashes(faults: readonly KnownFault[]): Contradiction[] {
  const outages = outagesIn(faults)
    .map((outage) => ({ ...outage, to: Math.min(outage.to, startOf(faults, outage) ?? Infinity) }))
    .sort((a, b) => a.from - b.from || a.index - b.index);
  const blamed = new Set<number>();
  const found: Contradiction[] = [];
  for (const [i, first] of outages.entries()) {
    for (const second of outages.slice(i + 1)) {
      if (second.from >= first.to || blamed.has(second.index) || second.index === first.index) continue;
      const isSameNode = first.node === second.node || first.node === "all" || second.node === "all";
      // A paused machine can lose its power; a machine that is down can neither pause nor go down.
      if (!isSameNode || (first.how === "paused" && second.how === "down")) continue;
      blamed.add(second.index);
      const node = second.node === "all" ? first.node : second.node;
      const who = node === "all" ? "Every node" : `"${node}"`;
      const end = first.to === Infinity ? "for good" : `until ${formatDuration(first.to)}`;
      const does = second.how === "paused" ? "pause" : "take down";
      found.push({
        path: [second.index, "at"],
        message: `${who} is ${first.how} by fault "${first.name}" from ${formatDuration(first.from)} ${end}, so that "${second.name}" cannot ${does} it at ${formatDuration(second.from)}.`,
        expected:
          first.to === Infinity
            ? `an end of "${first.name}", or another node`
            : `a start at ${formatDuration(first.to)} or later, or another node`,
      });
    }
  }
  return found.sort((a, b) => (a.path[0] as number) - (b.path[0] as number));
}

/** When a `restart` with `how: start` brings back the node of an outage; `undefined` when none does. */
function startOf(faults: readonly KnownFault[], outage: Outage): number | undefined {
  const starts = faults
    .filter(({ spec }) => isStart(spec))
    .map(({ spec }) => ({ at: startRange(spec)[0], names: namesOf(spec) }));
  const times = starts
    .filter(({ at, names }) => at > outage.from && (names.includes(outage.node) || names.includes("all")))
    .map(({ at }) => at);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Starts of nodes that no earlier fault leaves down. */
function startsOfNobody(faults: readonly KnownFault[]): Contradiction[] {
  return faults.flatMap(({ spec }, i) => {
    if (!isStart(spec)) return [];
    const left = faults
      .filter((other) => leavesDown(other.spec) && startRange(other.spec)[0] < startRange(spec)[1])
      .flatMap((other) => namesOf(other.spec));
    // A role may have meant anybody, before or now.
    const nobody = left.some(isRole)
      ? undefined
      : namesOf(spec).find((name) => left.length === 0 || (!isRole(name) && !left.includes(name)));
    if (nobody === undefined) return [];
    const message = `Nothing leaves "${nobody}" down before "${spec.id ?? spec.kind}" starts it.`;
    return [{ path: [i], message, expected: "an earlier crash or kill without an end, or how: crash with down" }];
  });
}

const TAKES_DOWN = new Set(["crash", "kill", "wipe"]);
const STOPS_PROGRAMS = new Set(
  "disk-full disk-fsync-fails disk-read-only disk-torn-write bit-rot shared-disk".split(" "),
);

function leavesDown(spec: CommonSpec): boolean {
  // A program that cannot rely on its disk may stop itself, whenever the fault ends.
  if (STOPS_PROGRAMS.has(spec.kind)) return true;
  return TAKES_DOWN.has(spec.kind) && (spec.for ?? spec.until) === undefined;
}

/** Releases before which nothing can have been held. */
function releasesOfNothing(faults: readonly KnownFault[]): Contradiction[] {
  const holds = faults.filter(({ spec }) => spec.kind === "hold").map(({ spec }) => startRange(spec)[0]);
  return faults.flatMap(({ spec }, i) => {
    if (spec.kind !== "release" || holds.some((at) => at < startRange(spec)[1])) return [];
    const message = `Nothing is held before "${spec.id ?? spec.kind}" releases it.`;
    return [{ path: [i, "at"], message, expected: "an earlier hold" }];
  });
}

function isStart(spec: CommonSpec): boolean {
  return spec.kind === "restart" && (spec as { how?: unknown }).how === "start";
}

function namesOf(spec: CommonSpec): readonly string[] {
  const { node, nodes } = spec as { node?: string; nodes?: readonly string[] };
  return nodes ?? (node === undefined ? [] : [node]);
}
