import type { Micros, StateRecord } from "../../trace/record.ts";
import type { FaultOutcome } from "../../trace/result.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { FaultWindow, Partition } from "./model.ts";
import { shorten } from "./words.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** Faults that are at once in more rows than this share the last one. */
const ROWS_MAX = 6;
const GROUP_NAMES_MAX = 6;

/** Letter of a group, from 0. */
export function groupLetter(group: number): string {
  return LETTERS.charAt(group % LETTERS.length);
}

function isDividing(fault: FaultOutcome): boolean {
  return fault.startedAt >= 0 && (fault.kind === "partition" || fault.kind === "flap");
}

/**
 * The groups a fault divides the nodes into; a single group stands against all the others.
 *
 * @returns `undefined` when groups overlap or there is only one (chains, bridges, single links): no area of lanes is a side then.
 */
export function dividedGroups(
  fault: FaultOutcome,
  nodes: readonly string[],
): readonly (readonly string[])[] | undefined {
  if (!isDividing(fault)) return undefined;
  const groups = fault.groups
    .map((group) => group.filter((name) => nodes.includes(name)))
    .filter((group) => group.length > 0);
  const named = groups.flat();
  if (new Set(named).size !== named.length) return undefined;
  const rest = nodes.filter((name) => !named.includes(name));
  if (groups.length === 1 && rest.length > 0) groups.push(rest);
  return groups.length > 1 ? groups : undefined;
}

/** When links were cut, and by which fault. */
export class LinkFold {
  readonly #cut = new Map<string, { from: Micros; fault: string; sender: string; receiver: string }>();
  readonly #spans: { from: Micros; to: Micros; fault: string; sender: string; receiver: string }[] = [];

  state(record: StateRecord): void {
    const receiver = record.key.slice("link>".length);
    const link = `${record.node}>${receiver}`;
    const open = this.#cut.get(link);
    if (record.value === "cut" && open === undefined) {
      this.#cut.set(link, {
        from: record.time,
        fault: String(record.fields["fault"] ?? ""),
        sender: record.node,
        receiver,
      });
    } else if (record.value !== "cut" && open !== undefined) {
      this.#cut.delete(link);
      this.#spans.push({ ...open, to: record.time });
    }
  }

  partitions(faults: readonly FaultOutcome[], nodes: readonly string[], endTime: Micros): Partition[] {
    const all = [...this.#spans, ...[...this.#cut.values()].map((open) => ({ ...open, to: endTime }))];
    return faults.flatMap((fault) => {
      const groups = dividedGroups(fault, nodes);
      if (groups === undefined) return [];
      const spans = all.filter((span) => span.fault === fault.id).sort((a, b) => a.from - b.from);
      const to = fault.stoppedAt < 0 ? endTime : fault.stoppedAt;
      const crosses = (a: number, b: number): boolean =>
        spans.some((span) => groups[a]?.includes(span.sender) === true && groups[b]?.includes(span.receiver) === true);
      const forth = crosses(0, 1);
      const back = crosses(1, 0);
      return [
        {
          fault: fault.id,
          from: fault.startedAt,
          to,
          groups: groups.map((group) => group.map((name) => nodes.indexOf(name))),
          cuts: spans.length === 0 ? [{ from: fault.startedAt, to }] : union(spans),
          open:
            forth === back ? ("none" as const) : forth ? ("second-to-first" as const) : ("first-to-second" as const),
        },
      ];
    });
  }
}

function union(spans: readonly { from: Micros; to: Micros }[]): { from: Micros; to: Micros }[] {
  const joined: { from: Micros; to: Micros }[] = [];
  for (const { from, to } of spans) {
    const last = joined[joined.length - 1];
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}

/** Faults as rows: each in the first row that is free when it starts. */
export function faultWindows(
  faults: readonly FaultOutcome[],
  nodes: readonly string[],
  endTime: Micros,
): FaultWindow[] {
  const freeAt: Micros[] = [];
  const started = faults.filter((fault) => fault.startedAt >= 0).sort((a, b) => a.startedAt - b.startedAt);
  return started.map((fault) => {
    const to = fault.stoppedAt < 0 ? endTime : fault.stoppedAt;
    let row = freeAt.findIndex((free) => free <= fault.startedAt);
    if (row < 0) row = Math.min(freeAt.length, ROWS_MAX - 1);
    freeAt[row] = Math.max(freeAt[row] ?? 0, to);
    return {
      id: fault.id,
      kind: fault.kind,
      from: fault.startedAt,
      to,
      isOpen: fault.stoppedAt < 0,
      words: faultWords(fault, nodes),
      touched: fault.touched,
      row,
    };
  });
}

/** Names of a group; of a large one the first, the last and how many. */
function groupWords(group: readonly string[]): string {
  if (group.length <= GROUP_NAMES_MAX) return group.join(" ");
  return `${group[0] ?? ""} … ${group[group.length - 1] ?? ""} (${String(group.length)} nodes)`;
}

function faultWords(fault: FaultOutcome, nodes: readonly string[]): string {
  const spec =
    fault.spec !== null && typeof fault.spec === "object" ? (fault.spec as Readonly<Record<string, unknown>>) : {};
  const shape = spec["shape"];
  const kind = fault.kind + (typeof shape === "string" && shape !== "" && shape !== "split" ? ` ${shape}` : "");
  const groups = dividedGroups(fault, nodes) ?? fault.groups;
  const who =
    groups.length < 2
      ? groupWords(groups[0] ?? [])
      : groups.map((group, index) => `${groupLetter(index)} = ${groupWords(group)}`).join(", ");
  const until =
    fault.stoppedAt < 0
      ? "to the end"
      : fault.stoppedAt === fault.startedAt
        ? ""
        : `until ${formatSeconds(fault.stoppedAt)}`;
  return shorten([kind, who, until].filter((part) => part !== "").join(", "), 120);
}
