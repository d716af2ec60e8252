import type { DeliveredRecord, Micros, SentRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { CheckerContext, CheckerFold } from "./checker.ts";
import type { Deadline } from "./views/deadlines.ts";
import { intOf, textOf } from "./views/fields.ts";

export const STORE_TRIGGERS = ["sent:redis.request", "delivered:redis.reply"] as const;

/** From the end of a lease to the word that says so. */
const GRACE: Micros = 20_000;

interface Asker {
  /** When each question that has no answer was first sent, by session and number. */
  readonly asked: Map<string, Micros>;
  /** When the youngest question was first sent that the store has answered; −1 for none. */
  answeredAsked: Micros;
  /** The same, at the last judgement. */
  judgedFor: Micros;
  readonly due: Deadline;
}

/**
 * The half of {@link cutOffLeaderStops} for leases of a store: no lease can be younger than the youngest question that the store has
 * answered to its holder. What really went over the wire decides, so that a link that swallows everything is seen as what it is.
 */
export class LeaseHolderStops implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #world;
  readonly #claims;
  readonly #askers: readonly Asker[];

  constructor(context: CheckerContext) {
    const { views, cluster } = context;
    this.#context = context;
    this.#world = views.world;
    this.#claims = views.claims;
    this.#askers = cluster.ids.map((_, member) => ({
      asked: new Map<string, Micros>(),
      answeredAsked: -1,
      judgedFor: -1,
      due: views.deadlines.create((due) => this.#stillWritable(member, due)),
    }));
    // A pause delays a node's word, not what its gate may do afterwards.
    this.#world.watch({ after: (time) => this.#askers.forEach((asker, member) => this.#arm(member, asker, time)) });
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    const asker = this.#askers[member];
    if (asker === undefined) return;
    if (record.kind === "sent") this.#onAsked(asker, record);
    else if (record.kind === "delivered") this.#onAnswer(member, asker, record);
    else if (record.kind === "point") this.#onAccept(member, asker, record);
    else if (record.kind === "state") this.#onWritable(member, asker, record.value === "yes", record.time);
  }

  #onAsked({ asked }: Asker, { message, time }: SentRecord): void {
    const name = nameOf(message);
    if (!asked.has(name)) asked.set(name, time);
  }

  #onAnswer(member: number, asker: Asker, { message, time }: DeliveredRecord): void {
    const name = nameOf(message);
    const asked = asker.asked.get(name);
    asker.asked.delete(name);
    if (asked === undefined || asked <= asker.answeredAsked) return;
    asker.answeredAsked = asked;
    this.#arm(member, asker, time);
  }

  #onAccept(member: number, asker: Asker, record: TraceRecord): void {
    const until = this.#until(member, asker);
    if (record.time <= until) return;
    this.#judge(asker);
    this.#violated(member, asker, record.time, record.id, "accepted a write");
  }

  #onWritable(member: number, asker: Asker, isWritable: boolean, time: Micros): void {
    this.#arm(member, asker, time);
    if (isWritable) return;
    // It stopped by itself when it had gone without an answer for most of a lease: that is what is asked of it.
    const silentFor = time - asker.answeredAsked;
    const isLate = 4 * silentFor > 3 * this.#lease(member) && time <= this.#until(member, asker) + GRACE;
    if (asker.answeredAsked >= 0 && isLate && this.#claims.since(member, "writable") === time) this.#judge(asker);
  }

  #arm(member: number, asker: Asker, time: Micros): void {
    if (this.#claims.value(member, "writable") !== "yes" || !this.#world.isRunning(member)) asker.due.cancel();
    else asker.due.arm(Math.max(this.#until(member, asker), this.#world.runningSince(member), time) + GRACE);
  }

  #stillWritable(member: number, due: Micros): void {
    const asker = this.#askers[member] as Asker;
    if (this.#world.calmSince(member) === Infinity) return;
    this.#judge(asker);
    this.#violated(member, asker, due, this.#claims.record(member, "writable"), "still says writable=yes");
  }

  #judge(asker: Asker): void {
    if (asker.judgedFor === asker.answeredAsked) return;
    asker.judgedFor = asker.answeredAsked;
    this.#context.judged();
  }

  #lease(member: number): Micros {
    return this.#context.bound(this.#world.longest(member, this.#context.cluster.of(member).leaseMs + 1));
  }
  #until(member: number, { answeredAsked }: Asker): Micros {
    return answeredAsked + this.#lease(member);
  }

  #violated(member: number, asker: Asker, time: Micros, record: number, what: string): void {
    const id = this.#context.cluster.id(member);
    const until = this.#until(member, asker);
    this.#context.violated({
      record,
      time,
      nodes: [id],
      message: `${id} ${what} at ${formatSeconds(time)}, but the last question that its lease's store has answered is of ${formatSeconds(Math.max(0, asker.answeredAsked))}`,
      expected: `no write after ${formatSeconds(until)}`,
      observed: what,
    });
  }
}

function nameOf(message: SentRecord["message"]): string {
  return `${textOf(message["session"])} ${String(intOf(message["id"]))}`;
}
