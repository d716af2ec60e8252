import type { PointRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";

interface Entry {
  readonly term: number;
  readonly hash: number;
  readonly prevTerm: number;
  readonly type: string;
  readonly node: string;
  readonly record: number;
  readonly time: number;
}

/**
 * If every (index, term) has one content and one term before it, equal (index, term) means equal prefix, by induction over the
 * index: so each entry is judged in O(1), against the first one seen with its index and term.
 */
export const logMatching = defineChecker("log-matching", {
  invariant: "I02",
  title: "Logs match",
  rule: "Entries with equal index and term are equal and follow equal logs, logs have no gaps, and a leader never removes an entry of its own term.",
  triggers: ["point:raft.append", "point:raft.truncate"],
  create: (context) => new LogMatching(context),
});

class LogMatching implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #logs;
  readonly #claims;
  /** Entries seen at each index, one a term; nearly always one. */
  readonly #entries: Entry[][] = [];

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#logs = context.views.logs;
    this.#claims = context.views.claims;
  }

  on(record: TraceRecord): void {
    if (record.kind !== "point") return;
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    this.#context.judged();
    if (record.name === "raft.append") this.#onAppend(member, record);
    else this.#onTruncate(member, record);
  }

  #onAppend(member: number, record: PointRecord): void {
    const { fields, node, time } = record;
    const index = intOf(fields["index"]);
    const term = intOf(fields["term"]);
    const prevTerm = intOf(fields["prevTerm"]);
    const fit = this.#logs.lastFit;
    if (fit === "gap" || fit === "overwrite") {
      const length = String(this.#logs.lastLength);
      this.#violated(record, {
        message: `${node} appended entry ${String(index)} at ${formatSeconds(time)} to a log that ended at ${length}`,
        expected: `entry ${String(this.#logs.lastLength + 1)} next`,
        observed:
          fit === "gap"
            ? `a gap before entry ${String(index)}`
            : `entry ${String(index)} replaced without a truncation`,
      });
      return;
    }
    if (index > 1 && this.#logs.term(member, index - 1) !== prevTerm) {
      const own = String(this.#logs.term(member, index - 1));
      this.#violated(record, {
        message: `${node} appended entry ${String(index)} at ${formatSeconds(time)} after an entry of term ${own}, but it follows one of term ${String(prevTerm)}`,
        expected: `prevTerm ${own}`,
        observed: `prevTerm ${String(prevTerm)}`,
      });
      return;
    }
    const known = (this.#entries[index] ??= []);
    const same = known.find((one) => one.term === term);
    if (same === undefined) known.push(entryOf(record));
    else if (same.hash !== intOf(fields["hash"]) || same.prevTerm !== prevTerm || same.type !== textOf(fields["type"]))
      this.#differ(record, same, entryOf(record));
  }

  #differ(record: PointRecord, first: Entry, second: Entry): void {
    const place = `(${String(intOf(record.fields["index"]))}, term ${String(second.term)})`;
    this.#violated(
      record,
      {
        message: `${record.node} holds another entry at ${place} since ${formatSeconds(record.time)} than ${first.node} since ${formatSeconds(first.time)}`,
        expected: describe(first),
        observed: describe(second),
      },
      first,
    );
  }

  #onTruncate(member: number, record: PointRecord): void {
    if (!this.#claims.isLeader(member)) return;
    const from = intOf(record.fields["from"]);
    const term = this.#claims.term[member] as number;
    // Terms never decrease along a log, so the last removed entry has the highest term.
    const last = this.#logs.truncatedLength;
    if (from > last || this.#logs.term(member, last) !== term) return;
    this.#violated(record, {
      message: `${record.node} removed entries ${String(from)}…${String(last)} of its own log at ${formatSeconds(record.time)} while it leads term ${String(term)} since ${formatSeconds(this.#claims.since(member, "role"))}`,
      expected: "a leader only appends",
      observed: `entries of term ${String(term)} removed`,
    });
  }

  #violated(record: PointRecord, what: { message: string; expected: string; observed: string }, other?: Entry): void {
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: other === undefined || other.node === record.node ? [record.node] : [other.node, record.node],
      ...what,
      ...(other === undefined ? {} : { related: [other.record] }),
      facts: { index: intOf(record.fields["index"]), term: intOf(record.fields["term"]) },
    });
  }
}

function entryOf({ fields, node, id, time }: PointRecord): Entry {
  return {
    term: intOf(fields["term"]),
    hash: intOf(fields["hash"]),
    prevTerm: intOf(fields["prevTerm"]),
    type: textOf(fields["type"]),
    node,
    record: id,
    time,
  };
}

function describe(entry: Entry): string {
  return `${entry.type} with hash ${String(entry.hash)} after term ${String(entry.prevTerm)}`;
}
