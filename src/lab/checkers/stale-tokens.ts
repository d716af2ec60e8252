import type { Micros, PointRecord, RecordId, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { CheckerContext, CheckerFold } from "./checker.ts";
import { textOf } from "./views/fields.ts";
import { configEntry } from "./views/ofd-health.ts";

/** The largest fencing number that an OFD took, and the record that brought it. */
interface Largest {
  readonly fencing: bigint;
  readonly record: RecordId;
  readonly time: Micros;
}

interface Ofd {
  largest: Largest;
  /** What the OFD knew when a registration arrived that it has not judged yet, by key, number and sender; oldest first. */
  readonly arrived: Map<string, Largest[]>;
}

const NONE: Largest = { fencing: -1n, record: -1, time: 0 };

/** What the rule of `no-stale-epoch` reads of OFDs. */
export const STALE_TOKEN_TRIGGERS: readonly string[] = [
  "point:ofd.attempt",
  "point:ofd.accept",
  "point:ofd.replay",
  "point:ofd.refuse",
  "point:ofd.recover",
];

/**
 * Fencing numbers at OFDs, over all their lives: one that was answered, even by the first answer again, counts as seen. A registration
 * is held against what its OFD had seen when it arrived: those under way at once may end in any order.
 */
export class StaleTokens implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #ofds = new Map<string, Ofd>();
  /** A real OFD knows no fencing numbers. */
  readonly #unchecked: ReadonlySet<string>;

  constructor(context: CheckerContext) {
    this.#context = context;
    const unchecked = context.run.nodes.filter(({ config }) => configEntry(config, "checksTokens") === false);
    this.#unchecked = new Set(unchecked.map(({ id }) => id));
  }

  on(record: TraceRecord): void {
    if (record.kind === "state") {
      // What had arrived dies with the process; what was seen is durable.
      if (record.origin === "world" && record.value === "down") this.#ofds.get(record.node)?.arrived.clear();
    } else if (record.kind === "point" && record.name.startsWith("ofd.") && !this.#unchecked.has(record.node))
      this.#onPoint(record);
  }

  #onPoint(record: PointRecord): void {
    const ofd = this.#ofd(record.node);
    const { fields } = record;
    const fencing = textOf(fields["fencing"]);
    const name = `${textOf(fields["key"])} ${fencing} ${textOf(fields["by"])}`;
    if (record.name === "ofd.attempt") {
      const arrived = ofd.arrived.get(name);
      if (arrived === undefined) ofd.arrived.set(name, [ofd.largest]);
      else arrived.push(ofd.largest);
      return;
    }
    const arrived = ofd.arrived.get(name);
    const known = arrived?.shift() ?? NONE;
    if (arrived?.length === 0) ofd.arrived.delete(name);
    if (record.name === "ofd.refuse") return;
    const number = BigInt(fencing);
    if (record.name !== "ofd.recover") this.#judge(record, number, known);
    if (number > ofd.largest.fencing) ofd.largest = { fencing: number, record: record.id, time: record.time };
  }

  #judge(record: PointRecord, fencing: bigint, known: Largest): void {
    this.#context.judged();
    if (fencing >= known.fencing) return;
    const { node, time, fields } = record;
    const by = textOf(fields["by"]);
    this.#context.violated({
      record: record.id,
      time,
      nodes: [node, by],
      message: `${node} took receipt "${textOf(fields["key"])}" from ${by} under fencing number ${String(fencing)} at ${formatSeconds(time)}, but it knows ${String(known.fencing)} since ${formatSeconds(known.time)}`,
      expected: `a refusal below ${String(known.fencing)}`,
      observed: record.name === "ofd.replay" ? "the first answer again" : "an acceptance",
      related: [known.record],
    });
  }

  #ofd(id: string): Ofd {
    let ofd = this.#ofds.get(id);
    if (ofd === undefined) this.#ofds.set(id, (ofd = { largest: NONE, arrived: new Map() }));
    return ofd;
  }
}
