import type { PointRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";
import { IntList } from "./views/int-list.ts";

export const stateMachineSafety = defineChecker("state-machine-safety", {
  invariant: "I04",
  title: "One command an index, once",
  rule: "No two nodes apply different commands at one index, each node applies in order and each index once, and each client command takes effect once; a snapshot is of what was committed at its index, and the same wherever it is taken.",
  triggers: ["point:raft.apply", "point:store.commit", "point:raft.snapshot", "point:raft.restore", "state:process"],
  create: (context) => new StateMachineSafety(context),
});

class StateMachineSafety implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #store;
  readonly #logs;
  readonly #hash = new IntList();
  readonly #term = new IntList();
  readonly #record = new IntList();
  /** Last applied index of each member's incarnation; −1 before the first. */
  readonly #last: Int32Array;
  /** By index: the first snapshot with a state that was seen. */
  readonly #snapshots = new Map<number, { readonly hash: number; readonly node: string; readonly record: number }>();

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#store = context.views.store;
    this.#logs = context.views.logs;
    this.#last = new Int32Array(context.cluster.size).fill(-1);
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "state") {
      if (record.origin === "world" && record.value === "down") this.#last[member] = -1;
    } else if (record.kind === "point") {
      this.#context.judged();
      if (record.name === "raft.snapshot" || record.name === "raft.restore") {
        this.#onSnapshot(member, record);
        return;
      }
      if (record.name === "raft.apply") this.#onApply(member, record);
      this.#onEffect(record);
    }
  }

  #onApply(member: number, record: PointRecord): void {
    const index = intOf(record.fields["index"]);
    const term = intOf(record.fields["term"]);
    const hash = intOf(record.fields["hash"]);
    const last = this.#last[member] as number;
    if (last >= 0 && index !== last + 1) {
      this.#violated(
        record,
        `${record.node} applied entry ${String(index)} at ${formatSeconds(record.time)} right after entry ${String(last)}`,
        `entry ${String(last + 1)}`,
        `entry ${String(index)}`,
      );
      return;
    }
    this.#last[member] = index;
    if (this.#term.get(index) === 0) {
      this.#term.set(index, term);
      this.#hash.set(index, hash);
      this.#record.set(index, record.id);
    } else if (this.#term.get(index) !== term || this.#hash.get(index) !== hash) {
      const first = `term ${String(this.#term.get(index))}, hash ${String(this.#hash.get(index))}`;
      const second = `term ${String(term)}, hash ${String(hash)}`;
      this.#violated(
        record,
        `${record.node} applied another command at index ${String(index)} at ${formatSeconds(record.time)} than was applied there before: ${second} instead of ${first}`,
        first,
        second,
        this.#record.get(index),
      );
    }
  }

  #onSnapshot(member: number, record: PointRecord): void {
    const { node, fields, id, time, name } = record;
    const index = intOf(fields["index"]);
    const term = intOf(fields["term"]);
    const hash = intOf(fields["hash"]);
    const committed = this.#logs.committedTerm(index);
    const does = name === "raft.restore" ? "goes on from" : "took";
    if (name === "raft.restore") this.#last[member] = index;
    if (committed !== term) {
      const known = committed === 0 ? "nothing" : `an entry of term ${String(committed)}`;
      this.#violated(
        record,
        `${node} ${does} a snapshot of index ${String(index)}, term ${String(term)}, at ${formatSeconds(time)}, where ${known} was committed`,
        "a snapshot of what is committed",
        `term ${String(term)} at index ${String(index)}`,
      );
      return;
    }
    // A witness keeps no state.
    if (fields["isBare"] === true) return;
    const first = this.#snapshots.get(index);
    if (first === undefined) this.#snapshots.set(index, { hash, node, record: id });
    else if (first.hash !== hash)
      this.#violated(
        record,
        `${node} ${does} another snapshot of index ${String(index)} at ${formatSeconds(time)} than ${first.node} had: one of the two applied something else`,
        `hash ${String(first.hash)}`,
        `hash ${String(hash)}`,
        first.record,
      );
  }

  #onEffect(record: PointRecord): void {
    const client = textOf(record.fields["client"]);
    if (client === "" || record.fields["effect"] === false) return;
    const index = intOf(record.fields["index"]);
    const command = this.#store.number(client, intOf(record.fields["seq"]));
    const first = this.#store.index(command);
    if (first === 0 || first === index) return;
    const name = `${client}#${String(intOf(record.fields["seq"]))}`;
    this.#violated(
      record,
      `command ${name} took effect at index ${String(index)} on ${record.node} at ${formatSeconds(record.time)}, but also at index ${String(first)}`,
      `${name} takes effect once, at index ${String(first)}`,
      `an effect at index ${String(index)} too`,
      // Of entries that nobody has applied yet there is no record.
      this.#term.get(first) === 0 ? undefined : this.#record.get(first),
    );
  }

  #violated(record: PointRecord, message: string, expected: string, observed: string, related?: number): void {
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message,
      expected,
      observed,
      ...(related === undefined ? {} : { related: [related] }),
      facts: { index: intOf(record.fields["index"]) },
    });
  }
}
