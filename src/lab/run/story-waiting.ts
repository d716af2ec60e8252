import type { CompleteRecord, DeliveredRecord, Micros, RecordId } from "../../trace/record.ts";

/** Follows the clients' writes: how long they had waited when a new leader acknowledges its first one. */
export class FirstWrites {
  readonly #writes = new Set<RecordId>();
  /** Last answer each client got: its record and who sent it. */
  readonly #answers = new Map<string, { readonly record: RecordId; readonly from: string }>();
  #lastAck: Micros = -1;
  #awaited = "";

  begun(write: RecordId): void {
    this.#writes.add(write);
  }

  answered(record: DeliveredRecord): void {
    this.#answers.set(record.node, { record: record.id, from: record.from });
  }

  /** The next write this node acknowledges is its first as leader. */
  await(leader: string): void {
    this.#awaited = leader;
  }

  /** @returns The leader and how long nobody's write had been acknowledged, if this is a new leader's first. */
  ended(record: CompleteRecord): { readonly leader: string; readonly waited: Micros } | undefined {
    if (!this.#writes.delete(record.invoke)) return undefined;
    const waited = this.#lastAck < 0 ? -1 : record.time - this.#lastAck;
    this.#lastAck = record.time;
    const answer = this.#answers.get(record.node);
    const from = answer?.record === record.cause ? answer.from : "";
    const leader = this.#awaited;
    // An answer of the old leader that was still under way is not the new one's first.
    if (leader === "" || (from !== "" && from !== leader)) return undefined;
    this.#awaited = "";
    return waited < 0 ? undefined : { leader, waited };
  }
}
