import type { TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker } from "./checker.ts";
import { intOf } from "./views/fields.ts";

interface Leadership {
  readonly node: string;
  readonly record: number;
  readonly time: number;
}

/**
 * Judged on what went over the wire: who sends `raft.append` or `raft.heartbeat` acts as leader of that term, whatever it says
 * of itself. Claims of leadership are held against the same table.
 */
export const electionSafety = defineChecker("election-safety", {
  invariant: "I01",
  title: "One leader a term",
  rule: "Over the whole run, restarts included, at most one node acts as leader in any one term.",
  triggers: ["sent:raft.append", "sent:raft.heartbeat", "state:role"],
  create(context) {
    const leaders = new Map<number, Leadership>();
    // Nearly every message repeats what its sender did last: one comparison settles it.
    const lastTerm = new Int32Array(context.cluster.size).fill(-1);
    return {
      on(record: TraceRecord) {
        const term = termOf(record);
        const member = context.cluster.number(record.node);
        if (member < 0 || term < 0 || lastTerm[member] === term) return;
        const known = leaders.get(term);
        context.judged();
        if (known === undefined || known.node === record.node) {
          lastTerm[member] = term;
          if (known === undefined) leaders.set(term, { node: record.node, record: record.id, time: record.time });
          return;
        }
        const t = String(term);
        context.violated({
          record: record.id,
          time: record.time,
          nodes: [known.node, record.node],
          message: `${record.node} acted as leader of term ${t} at ${formatSeconds(record.time)}, but ${known.node} has led term ${t} since ${formatSeconds(known.time)}`,
          expected: `only ${known.node} leads term ${t}`,
          observed: `${describe(record)} by ${record.node} in term ${t}`,
          related: [known.record],
          facts: { term },
        });
      },
    };
  },
});

function termOf(record: TraceRecord): number {
  if (record.kind === "sent") return intOf(record.message["term"]);
  return record.kind === "state" && record.value === "leader" ? intOf(record.fields["term"]) : -1;
}

function describe(record: TraceRecord): string {
  return record.kind === "sent" ? `${record.type} to ${record.to}` : "claim role=leader";
}
