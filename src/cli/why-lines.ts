import pc from "picocolors";
import { recordText } from "../lab/report/text-trace.ts";
import type { Trace } from "../trace/trace.ts";
import { formatSeconds } from "../trace/units.ts";
import type { Violation } from "../trace/verdict.ts";
import { whySlice } from "../trace/why/slice.ts";
import type { WhyRecord, WhyRole } from "../trace/why/why-slice.ts";

/** Records told of each role: enough to see what happened, and the report has the rest. */
const TOLD: Readonly<Record<WhyRole, number>> = { fault: 2, missing: 2, decisive: 3, cause: 0 };
const TEXT_MAX = 72;

/** Why a rule was broken, in a few lines: the faults, the last messages that were missing, and what decided. */
export function whyLines(trace: Trace, violation: Violation): string[] {
  const slice = whySlice(trace, violation);
  const told = (Object.keys(TOLD) as WhyRole[])
    .flatMap((role) => lastOf(slice.records, role, violation.record))
    .sort((a, b) => a.index - b.index);
  const lines = told.map(({ index, because }, i) => {
    const text = textOf(trace, index);
    return `  ${i === 0 ? "because" : "       "}  ${formatSeconds(trace.time(index))}  ${text}  ${pc.dim(because)}`;
  });
  const rest = slice.records.length - told.length;
  return rest === 0 || lines.length === 0
    ? lines
    : [...lines, pc.dim(`           ${String(rest)} more records belong to it`)];
}

/** The last of a role; of a fault only its start says what it is, and the violation itself is told above. */
function lastOf(records: readonly WhyRecord[], role: WhyRole, violating: number): readonly WhyRecord[] {
  const count = TOLD[role];
  const all = records.filter((one) => one.role === role && one.index !== violating);
  return count === 0 ? [] : all.slice(-count);
}

function textOf(trace: Trace, index: number): string {
  const record = trace.record(index);
  if (record.kind === "fault") {
    const kind = record.fields["kind"];
    return typeof kind === "string" ? `fault ${record.fault} (${kind})` : `fault ${record.fault} ${record.phase}`;
  }
  // The time stands before it already.
  const text = recordText(record).replace(/^\S+ /, "");
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`;
}
