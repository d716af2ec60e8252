import type { Micros, PointRecord, RecordId, StateRecord, TraceRecord } from "../../trace/record.ts";
import type { StoryLine, SummaryRow } from "../../trace/result.ts";
import type { TraceListener } from "../../trace/listeners.ts";
import { formatDuration } from "../../trace/units.ts";
import { BreakerTale } from "./breaker-tale.ts";
import { summarize, type ReceiptCounts } from "./receipt-summary.ts";
import { tellLines, type Draft } from "./story-lines.ts";
import { list } from "./story-words.ts";

/** Manual syncs asked for within this are told as one. */
const TOGETHER: Micros = 100_000;
/** All lines. */
const LINES_MAX = 40;
/** How many lines of one sort are told; the summary counts all. */
const TOLD_MAX = 4;

/** Manual syncs asked for together. */
interface Together {
  readonly line: Draft;
  readonly nodes: string[];
  skipped: number;
  /** What came of the only one. */
  result: string;
}

/**
 * Tells what became of receipts, from the records of OFD, buffers and adapters: who asked for syncs, who sent under which token, who
 * lost the lock, what the OFD refused, when a breaker opened and closed. Nothing is told of a run without receipts.
 */
export class ReceiptStory implements TraceListener {
  readonly #hasOneBuffer: boolean;
  readonly triggers = [
    "point:receipt.create",
    "point:ofd.attempt",
    "point:ofd.accept",
    "point:ofd.recover",
    "point:ofd.replay",
    "point:ofd.refuse",
    "point:sync.trigger",
    "point:sync.done",
    "point:sync.dead",
    "point:lock.unavailable",
    "point:breaker.config",
    "point:hlc",
    "state:lock>*",
    "state:breaker*",
  ];
  readonly #lines: Draft[] = [];
  readonly #breakers = new BreakerTale();
  readonly #counts: ReceiptCounts = {
    created: new Set(),
    accepted: new Map(),
    dead: new Set(),
    attempts: 0,
    replays: 0,
    staleRefusals: 0,
    manualSyncs: 0,
    skippedManually: 0,
    stamps: 0,
    stampedBy: new Map(),
    isMonotonic: true,
    ordered: new Map(),
    isOrdered: true,
  };
  readonly #told = new Map<string, number>();
  /** Manual syncs last asked for, by adapter. */
  readonly #asked = new Map<string, Together>();
  readonly #unreachable = new Set<string>();
  /** Till of each receipt that was made. */
  readonly #tills = new Map<string, string>();
  #together: Together | undefined;
  #sender = "";
  #lastAccept: { readonly time: Micros; readonly record: RecordId } = { time: 0, record: -1 };
  #lastGivenUp = this.#lastAccept;

  /** @param options.hasOneBuffer Whether each adapter sends what all of them hold; else its own receipts alone. */
  constructor(options: { readonly hasOneBuffer: boolean }) {
    this.#hasOneBuffer = options.hasOneBuffer;
  }

  on(record: TraceRecord): void {
    if (record.kind === "state") this.#state(record);
    else if (record.kind === "point") this.#point(record);
  }

  #state(record: StateRecord): void {
    const text = record.key.startsWith("lock>") ? this.#lock(record) : this.#breakers.changed(record);
    if (text !== "") this.#say(record, text, { weight: record.key.startsWith("lock>") ? 0 : 1 });
  }

  #lock({ node, value, fields }: StateRecord): string {
    if (value === "held") this.#unreachable.delete(node);
    const reason = fields["reason"];
    if (value !== "free" || (reason !== "expired" && reason !== "taken")) return "";
    if (!this.#room(`${node} loses`)) return "";
    return `${node} loses the lock: ${reason === "expired" ? "it could not be extended in time" : "its server gave it to somebody else"}.`;
  }

  #point(record: PointRecord): void {
    const { name, node, fields } = record;
    const counts = this.#counts;
    switch (name) {
      case "receipt.create":
        counts.created.add(String(fields["id"]));
        this.#tills.set(String(fields["id"]), String(fields["pos"]));
        return;
      case "ofd.attempt":
        counts.attempts++;
        this.#attempt(record);
        return;
      case "ofd.accept":
        this.#accept(record);
        return;
      case "ofd.recover":
        // What became durable just before the end of a life was never said to be accepted.
        if (!counts.accepted.has(String(fields["key"]))) this.#accept(record);
        return;
      case "ofd.replay":
        counts.replays++;
        if (this.#room("replay"))
          this.#say(
            record,
            `The OFD has ${String(fields["key"])} already and gives ${String(fields["by"])} its first answer again.`,
            { weight: 2 },
          );
        return;
      case "ofd.refuse":
        this.#refuse(record);
        return;
      case "sync.trigger":
        if (fields["by"] === "manual") this.#manualSync(record);
        return;
      case "sync.done":
        this.#syncDone(record);
        return;
      case "sync.dead":
        counts.dead.add(String(fields["id"]));
        this.#lastGivenUp = { time: record.time, record: record.id };
        if (this.#room("dead"))
          this.#say(record, `${node} gives ${String(fields["id"])} up after ${String(fields["retries"])} attempts.`);
        return;
      case "lock.unavailable":
        if (this.#unreachable.has(node) || !this.#room(`${node} unreachable`)) return;
        this.#unreachable.add(node);
        this.#say(record, `${node} cannot ask Redis for the lock, so it sends nothing.`, { weight: 2 });
        return;
      case "breaker.config":
        this.#breakers.made(record);
        return;
      default:
        this.#stamp(record);
    }
  }

  /** Whoever sends is told when it is another than before. */
  #attempt(record: PointRecord): void {
    const { key, by, fencing } = record.fields;
    const sender = `${String(by)} ${String(fencing)}`;
    const isOther = !this.#sender.startsWith(`${String(by)} `);
    const isNewer = BigInt(String(fencing)) >= BigInt(this.#sender.split(" ")[1] ?? "0");
    if (!isNewer || sender === this.#sender) return;
    this.#sender = sender;
    if (!isOther || !this.#room(`${String(by)} sends`)) return;
    const left = this.#waitingFor(String(by), String(key));
    const waiting = left === 1 ? "the one receipt that waits" : `the ${String(left)} receipts that wait`;
    this.#say(
      record,
      `${String(by)} holds the lock and sends ${waiting}, from ${String(key)} on (token ${tokenText(fencing)}).`,
      { weight: 1 },
    );
  }

  /** Receipts that wait for this sender: the one it begins with, whatever the OFD has of it, and those that the OFD lacks. */
  #waitingFor(sender: string, first: string): number {
    const { accepted, dead } = this.#counts;
    let waiting = 1;
    for (const [id, till] of this.#tills) {
      const isIts = this.#hasOneBuffer || till === sender;
      if (id !== first && isIts && !accepted.has(id) && !dead.has(id)) waiting++;
    }
    return waiting;
  }

  #accept(record: PointRecord): void {
    const { accepted, ordered } = this.#counts;
    const { fields } = record;
    const key = String(fields["key"]);
    accepted.set(key, (accepted.get(key) ?? 0) + 1);
    const pos = String(fields["pos"]);
    const hlc = String(fields["receiptHlc"]);
    if (hlc < (ordered.get(pos) ?? "")) this.#counts.isOrdered = false;
    ordered.set(pos, hlc);
    this.#lastAccept = { time: record.time, record: record.id };
  }

  #refuse(record: PointRecord): void {
    const { key, by, reason, fencing, largest } = record.fields;
    if (reason !== "OFD_STALE_TOKEN") return;
    this.#counts.staleRefusals++;
    if (!this.#room("stale")) return;
    this.#say(
      record,
      `The OFD refuses ${String(key)} from ${String(by)}: its token ${tokenText(fencing)} is smaller than ${tokenText(largest)}.`,
    );
  }

  #manualSync(record: PointRecord): void {
    const { node, time } = record;
    this.#counts.manualSyncs++;
    let together = this.#together;
    if (together === undefined || time - together.line.time > TOGETHER) {
      const line: Draft = { time, record: record.id, text: "", since: -1, limit: "", weight: 2 };
      this.#together = together = { line, nodes: [], skipped: 0, result: "" };
      this.#lines.push(line);
    }
    together.nodes.push(node);
    this.#asked.set(node, together);
    together.line.text = togetherText(together);
  }

  #syncDone({ node, fields }: PointRecord): void {
    const together = this.#asked.get(node);
    if (together === undefined || fields["by"] !== "manual") return;
    if (fields["result"] === "skipped") {
      this.#counts.skippedManually++;
      together.skipped++;
    } else together.result = outcomeOf(String(fields["result"]), Number(fields["synced"]));
    together.line.text = togetherText(together);
  }

  #stamp({ node, fields }: PointRecord): void {
    const { stampedBy } = this.#counts;
    const stamp = String(fields["stamp"]);
    this.#counts.stamps++;
    if (stamp <= (stampedBy.get(node) ?? "")) this.#counts.isMonotonic = false;
    stampedBy.set(node, stamp);
  }

  #room(what: string): boolean {
    const told = this.#told.get(what) ?? 0;
    this.#told.set(what, told + 1);
    return told < TOLD_MAX;
  }

  #say({ time, id }: TraceRecord, text: string, { weight = 0 }: { readonly weight?: number } = {}): void {
    this.#lines.push({ time, record: id, text, since: -1, limit: "", weight });
  }

  /** Call it once, at the end of the run. */
  finish(endTime: Micros): { readonly story: readonly StoryLine[]; readonly summary: readonly SummaryRow[] } {
    const { created, accepted, dead } = this.#counts;
    if (created.size === 0) return { story: [], summary: [] };
    const lacking = [...created].filter((id) => !accepted.has(id));
    const missing = lacking.filter((id) => !dead.has(id));
    const { time, record } = lacking.length === 0 ? this.#lastAccept : this.#lastGivenUp;
    const text =
      missing.length === 0
        ? `The OFD has ${hasText(accepted.size, lacking)}.`
        : `${String(missing.length)} of ${String(created.size)} receipts never reached the OFD in ${formatDuration(endTime)}: ${list(missing)}.`;
    const last = missing.length === 0 ? { time, record } : { time: endTime, record: -1 };
    this.#lines.push({ ...last, text, since: -1, limit: "", weight: 0 });
    return { story: tellLines(this.#lines, 0, LINES_MAX), summary: summarize(this.#counts, this.#breakers.paths()) };
  }
}

function hasText(accepted: number, givenUp: readonly string[]): string {
  if (givenUp.length === 0) return accepted === 1 ? "the one receipt" : `all ${String(accepted)} receipts`;
  return `${String(accepted)} ${accepted === 1 ? "receipt" : "receipts"}; ${list(givenUp)} ${givenUp.length === 1 ? "was" : "were"} given up`;
}

function togetherText({ nodes, skipped, result }: Together): string {
  const where = list([...new Set(nodes)]);
  if (nodes.length === 1) return `A manual sync at ${where}${skipped === 1 ? " finds the lock taken" : result}.`;
  const others =
    skipped === 0 ? "" : `; ${String(skipped)} ${skipped === 1 ? "finds" : "find"} the lock taken and send nothing`;
  return `${String(nodes.length)} manual syncs at once at ${where}${others}.`;
}

function outcomeOf(result: string, synced: number): string {
  switch (result) {
    case "drained":
      return synced === 0 ? " finds nothing to send" : ` sends ${String(synced)}`;
    case "failed":
      return synced === 0 ? ": the OFD fails" : ` sends ${String(synced)}, then the OFD fails`;
    case "breaker-open":
      return ": the breaker lets nothing through";
    case "unavailable":
      return ": the lock cannot be asked for";
    default:
      return " ends without all being sent";
  }
}

/** A fencing number as people read it: the epoch of its server, and the number within it. */
function tokenText(fencing: unknown): string {
  const token = BigInt(String(fencing));
  const epoch = token >> 32n;
  return epoch === 0n ? token.toString() : `${epoch.toString()}.${(token & 0xffff_ffffn).toString()}`;
}
