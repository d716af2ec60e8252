import type { Fields, Plain } from "../../trace/plain.ts";
import type { Micros, TraceRecord } from "../../trace/record.ts";
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

const ALWAYS: ReadonlySet<TraceRecord["kind"]> = new Set(["state", "fault"]);

/**
 * A trace for people and for comparison, one event a line.
 *
 * Faults and changes of state are always told; what repeats (messages, timers, operations, points, a state written anew with the
 * same value) is told from the beginning for as long as the lines suffice, then counted. So a golden file shows the
 * first seconds exactly and the whole run in outline, and the count of what it leaves out changes with it.
 */
export function textTrace(trace: Trace, options: TextTraceOptions = {}): string {
  const maxLines = options.maxLines ?? 900;
  const important: number[] = [];
  const last = new Map<string, string>();
  const isImportant = new Uint8Array(trace.count);
  for (const record of trace) {
    if (!ALWAYS.has(record.kind)) continue;
    if (record.kind === "state") {
      const place = `${record.node} ${record.key}`;
      if (last.get(place) === record.value) continue;
      last.set(place, record.value);
    }
    important.push(record.id);
    isImportant[record.id] = 1;
  }
  // Half for the outline at most; it is cut at its end when even that is too much.
  const outline = important.slice(0, Math.floor(maxLines * 0.6));
  let spare = maxLines - outline.length - 2 - outline.length / 4;
  const lines: string[] = [];
  let skipped = 0;
  const flush = (): void => {
    if (skipped > 0) lines.push(`  … ${String(skipped)} more`);
    skipped = 0;
  };
  const lastOutline = outline.at(-1) ?? -1;
  for (let id = 0; id < trace.count; id++) {
    const told = isImportant[id] === 1 && id <= lastOutline;
    if (!told && spare <= 0) {
      skipped++;
      continue;
    }
    if (!told) spare--;
    if (told && lines.length + 2 > maxLines - 2) {
      skipped++;
      continue;
    }
    flush();
    lines.push(recordText(trace.record(id)));
  }
  flush();
  return `${lines.join("\n")}\n`;
}
