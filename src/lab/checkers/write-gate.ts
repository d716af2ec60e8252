import type { PointRecord, RecordId, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";

const VERDICTS = new Set(["pass", "ENOTPRIMARY", "ESPLITBRAIN"]);

/**
 * What the guard says of each write is compared with what the node's coordinator said, and with what its store accepted: of a
 * guarded node it accepts the write that was just let through, once, and no other.
 */
export const writeGate = defineChecker("write-gate", {
  invariant: "I37",
  unexercised: "no node has a guard",
  title: "Refused writes have no effect",
  rule: "A write that a guard refuses is refused as a split-brain first and for want of a primary second, and never reaches the store.",
  triggers: ["state:process", "state:coordinator", "point:guard.write", "point:store.accept"],
  create: (context) => new WriteGateFold(context),
});

/** What the checker knows of one guarded node. */
interface Guarded {
  /** The write that was let through last and has not reached the store; `""` for none. */
  admitted: string;
  /** Record of the guard's last verdict. */
  verdict: RecordId;
}

class WriteGateFold implements CheckerFold {
  readonly #context: CheckerContext;
  /** Last state of each node's coordinator. */
  readonly #coordinators = new Map<string, string>();
  readonly #guarded = new Map<string, Guarded>();

  constructor(context: CheckerContext) {
    this.#context = context;
  }

  on(record: TraceRecord): void {
    if (record.kind === "state") {
      if (record.key === "coordinator") this.#coordinators.set(record.node, record.value);
      else if (record.value === "down") this.#forget(record.node);
    } else if (record.kind === "point") {
      if (record.name === "guard.write") this.#onVerdict(record);
      else this.#onAccept(record);
    }
  }

  /** A new life of the process has a guard once it says so. */
  #forget(node: string): void {
    this.#coordinators.delete(node);
    this.#guarded.delete(node);
  }

  #onVerdict(record: PointRecord): void {
    const verdict = textOf(record.fields["verdict"]);
    const coordinator = this.#coordinators.get(record.node) ?? "healthy";
    this.#guarded.set(record.node, { admitted: verdict === "pass" ? nameOf(record) : "", verdict: record.id });
    this.#context.judged();
    if (!VERDICTS.has(verdict))
      this.#violated(record, {
        what: `answered a write with ${verdict}`,
        expected: "pass, ESPLITBRAIN or ENOTPRIMARY",
        observed: verdict,
      });
    else if (coordinator !== "healthy" && verdict !== "ESPLITBRAIN")
      this.#violated(record, {
        what: `${verdict === "pass" ? "let a write pass" : "refused a write with ENOTPRIMARY"} while its coordinator is ${coordinator}`,
        expected: "ESPLITBRAIN",
        observed: verdict,
      });
  }

  #onAccept(record: PointRecord): void {
    const guarded = this.#guarded.get(record.node);
    if (guarded === undefined) return;
    const write = nameOf(record);
    this.#context.judged();
    if (guarded.admitted !== write)
      this.#violated(record, {
        what: `accepted the write ${write}, which its guard did not let through`,
        expected: guarded.admitted === "" ? "no write" : guarded.admitted,
        observed: write,
        related: [guarded.verdict],
      });
    guarded.admitted = "";
  }

  #violated(
    record: PointRecord,
    found: { what: string; expected: string; observed: string; related?: readonly RecordId[] },
  ): void {
    const { what, ...rest } = found;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message: `${record.node} ${what} at ${formatSeconds(record.time)}`,
      ...rest,
    });
  }
}

/** A write as its client numbers it. */
function nameOf({ fields }: PointRecord): string {
  return `${textOf(fields["client"])} #${String(intOf(fields["seq"]))}`;
}
