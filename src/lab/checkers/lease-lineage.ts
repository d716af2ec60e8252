import type { DeliveredRecord, Micros, RecordId, SentRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { CheckerContext, CheckerFold } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";

/** What the rule of `no-stale-epoch` reads of leases that a store keeps. */
export const LEASE_LINEAGE_TRIGGERS: readonly string[] = ["delivered:redis.request", "sent:redis.reply", "state:role"];

/** What a holder told the store of itself: epoch, where its shared chain ends, and who it is. */
interface Told {
  readonly epoch: number;
  readonly node: string;
  readonly txid: string;
  readonly checksum: string;
  readonly time: Micros;
  readonly record: RecordId;
}

const NOTE = /^([0-9]+) ([0-9a-f]{16})\/([0-9a-f]{16}) (\S+)$/;

/**
 * Who leads by the lease of a store has, on its own chain, what the last holder before it told the store that others have too. What was
 * told is read off the wire, and counts once the store has said that it took it.
 */
export class LeaseLineage implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #replication;
  /** What is on its way into the store, by sender, session and number. */
  readonly #asked = new Map<string, Told>();
  /** By epoch, the last that the store took. */
  readonly #told = new Map<number, Told>();

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#replication = context.views.replication;
  }

  on(record: TraceRecord): void {
    if (!this.#context.cluster.isLeased) return;
    if (record.kind === "delivered") this.#onAsked(record);
    else if (record.kind === "sent") this.#onAnswer(record);
    else if (record.kind === "state" && record.key === "role" && record.value === "leader") this.#onLeader(record);
  }

  #onAsked(record: DeliveredRecord): void {
    const { command } = record.message;
    const text: unknown = Array.isArray(command) ? command.at(-1) : undefined;
    const match = typeof text === "string" ? NOTE.exec(text) : null;
    if (match === null) return;
    const [, epoch, txid, checksum, node] = match as unknown as [string, string, string, string, string];
    this.#asked.set(nameOf(record.from, record.message), {
      ...{ epoch: Number(epoch), node, txid: String(BigInt(`0x${txid}`)), checksum },
      ...{ time: record.time, record: record.id },
    });
  }

  #onAnswer(record: SentRecord): void {
    const name = nameOf(record.to, record.message);
    const told = this.#asked.get(name);
    this.#asked.delete(name);
    if (told !== undefined && record.message["value"] === 1) this.#told.set(told.epoch, told);
  }

  #onLeader(record: StateRecord): void {
    const member = this.#context.cluster.number(record.node);
    const term = intOf(record.fields["term"]);
    const earlier = [...this.#told.keys()].filter((epoch) => epoch < term);
    const last = this.#told.get(Math.max(...earlier));
    if (member < 0 || last === undefined) return;
    this.#context.judged();
    const shared = this.#replication.at({ txid: last.txid, checksum: last.checksum });
    const tip = this.#replication.tip(member);
    if (shared <= 0 || tip < 0 || this.#replication.isOnChain(shared, tip)) return;
    const has = `transaction ${String(this.#replication.txid(tip))} of a chain without it`;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [last.node, record.node],
      message: `${record.node} leads epoch ${String(term)} since ${formatSeconds(record.time)} from ${has}, but ${last.node}, which led epoch ${String(last.epoch)}, had told the lease's store at ${formatSeconds(last.time)} that transaction ${last.txid} is shared`,
      expected: `a chain with transaction ${last.txid} of ${last.node}`,
      observed: has,
      related: [last.record],
      facts: { term, lastEpoch: last.epoch },
    });
  }
}

function nameOf(client: string, message: SentRecord["message"]): string {
  return `${client} ${textOf(message["session"])} ${String(intOf(message["id"]))}`;
}
