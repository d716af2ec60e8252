import type { Micros, RecordId, TraceRecord } from "../../trace/record.ts";
import type { TraceListener } from "../../trace/listeners.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { ExpectSpec } from "../scenario/model.ts";
import { parseMoment } from "../scenario/targets.ts";
import { windowText, type JudgedExpect } from "./expects.ts";

/** Judges how many of the operations that clients begin in a window end ok. */
export class SuccessJudge implements TraceListener {
  readonly triggers = ["fault", "invoke", "complete"];
  readonly #spec: ExpectSpec;
  #from: Micros = -1;
  #until: Micros = -1;
  #begun = 0;
  #ok = 0;
  readonly #open = new Set<RecordId>();

  constructor(spec: ExpectSpec) {
    this.#spec = spec;
    if (spec.after !== undefined) return;
    this.#from = 0;
    this.#until = spec.by ?? Infinity;
  }

  on(record: TraceRecord): void {
    if (record.kind === "fault") {
      const moment = this.#spec.after === undefined ? undefined : parseMoment(this.#spec.after);
      if (this.#from >= 0 || moment?.fault !== record.fault || moment.phase !== record.phase) return;
      this.#from = record.time;
      this.#until = record.time + (this.#spec.within ?? Infinity);
    } else if (record.kind === "invoke") {
      if (this.#from < 0 || record.time > this.#until) return;
      this.#begun++;
      this.#open.add(record.id);
    } else if (record.kind === "complete" && this.#open.delete(record.invoke) && record.outcome === "ok") {
      this.#ok++;
    }
  }

  /** Call it once, at the end of the run. */
  finish(endTime: Micros): JudgedExpect {
    const wanted = this.#spec.succeed ?? 0;
    const text = `${String(wanted / 10_000)}% of the operations begun${windowText(this.#spec)} succeed`;
    if (this.#from < 0 || this.#begun === 0) {
      const reason = this.#from < 0 ? `${this.#spec.after ?? ""} never came.` : "No operation began in the window.";
      return { undecided: true, outcome: { text, held: false, at: endTime, reason } };
    }
    if (this.#until === Infinity) this.#until = endTime;
    const at = Math.min(this.#until, endTime);
    // In integers: of 3 operations 2 are not two thirds of a million.
    const held = this.#ok * 1_000_000 >= this.#begun * wanted;
    const isCut = endTime < this.#until;
    const counts = `${String(this.#ok)} of ${String(this.#begun)} did`;
    const reason = isCut && held ? `The run ended at ${formatSeconds(endTime)}, before its window did.` : `${counts}.`;
    return {
      undecided: isCut && held,
      outcome: { text: `${text}: ${counts}`, held: held && !isCut, at, ...(held && !isCut ? {} : { reason }) },
    };
  }
}
