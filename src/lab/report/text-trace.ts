import type { Fields, Plain } from "../../trace/plain.ts";
import { RECORD_KINDS, type Micros, type TraceRecord } from "../../trace/record.ts";
import type { Trace } from "../../trace/trace.ts";

/**
 * One record as one line, to the microsecond: `t=12.408113 n1 -> n2 raft.append term=3 …`.
 *
 * @returns Everything the record says but its id and its cause.
 */
export function recordText(record: TraceRecord): string {
  return `t=${timeText(record.time)} ${bodyText(record)}`;
}

function bodyText(record: TraceRecord): string {
  switch (record.kind) {
    case "sent":
      return `${record.node} -> ${record.to} ${record.type}${fieldsText(record.message)}`;
    case "delivered":
      return `${record.node} <- ${record.from} ${record.type} #${String(record.sent)}`;
    case "dropped":
      return `${record.node} x- ${record.from} ${record.type} #${String(record.sent)} ${record.reason}${record.fault === "" ? "" : ` by ${record.fault}`}`;
    case "duplicated":
      return `${record.node} <= ${record.from} ${record.type} #${String(record.sent)} once more${record.fault === "" ? "" : ` by ${record.fault}`}`;
    case "state":
      return `${record.node} ${record.key}=${record.value}${fieldsText(record.fields)}`;
    case "point":
      return `${record.node} ${record.name}${fieldsText(record.fields)}`;
    case "invoke":
      return `${record.node} calls ${record.name} ${record.key}${record.value === null ? "" : ` ${JSON.stringify(record.value)}`}`;
    case "complete":
      return `${record.node} gets ${record.outcome} #${String(record.invoke)}${record.value === null ? "" : ` ${JSON.stringify(record.value)}`}`;
    case "fault":
      return `fault ${record.fault} ${record.phase}${fieldsText(record.fields)}`;
    case "timer":
      return `${record.node} timer ${record.name}`;
  }
}

function fieldsText(fields: Fields | Readonly<Record<string, Plain>>): string {
  let text = "";
  for (const [key, value] of Object.entries(fields))
    if (key !== "type") text += ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`;
  return text;
}

function timeText(time: Micros): string {
  return `${String(Math.floor(time / 1_000_000))}.${String(time % 1_000_000).padStart(6, "0")}`;
}

export interface TextTraceOptions {
  /** Lines at most; 900 is what a golden file may have. */
  readonly maxLines?: number;
}

/** Records whose outline is told of the whole run: faults, and states that get another value. */
function outlineOf(trace: Trace, limit: number): Set<number> {
  const outline = new Set<number>();
  const last = new Map<string, string>();
  for (let id = 0; id < trace.count && outline.size < limit; id++) {
    const kind = RECORD_KINDS[trace.cell(id, 2) & 255];
    if (kind !== "state" && kind !== "fault") continue;
    const record = trace.record(id);
    if (record.kind === "state") {
      const place = `${record.node} ${record.key}`;
      if (last.get(place) === record.value) continue;
      last.set(place, record.value);
    }
    outline.add(id);
  }
  return outline;
}

/**
 * A trace for people and for comparison, one event a line.
 *
 * Faults and changes of state are told for the whole run; what repeats (messages, timers, operations, points, a state written
 * anew with the same value) is told from the beginning for as long as the lines suffice, then counted. So a golden file shows
 * the first seconds exactly and the run in outline, and the count of what it leaves out changes with it.
 */
export function textTrace(trace: Trace, options: TextTraceOptions = {}): string {
  const maxLines = options.maxLines ?? 900;
  // A line of the outline may need another one before it, which counts what was left out.
  const outline = outlineOf(trace, Math.floor((maxLines * 0.6) / 2));
  let details = maxLines - 2 * outline.size - 1;
  const lines: string[] = [];
  let left = 0;
  const countLeft = (): void => {
    if (left > 0) lines.push(`  … ${String(left)} more`);
    left = 0;
  };
  for (let id = 0; id < trace.count; id++) {
    if (!outline.has(id) && details-- <= 0) {
      left++;
      continue;
    }
    countLeft();
    lines.push(recordText(trace.record(id)));
  }
  countLeft();
  return `${lines.join("\n")}\n`;
}
