import type { Message } from "../../trace/plain.ts";
import type { Micros, PointRecord, RecordId, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf } from "./views/fields.ts";

const PINGS = 64;

/**
 * The truth is the arrival of `detector.ack` messages. Two bounds are kept for each peer: any acknowledgement at all, and one that
 * every detector takes as evidence (the first for its ping, and in time); the report must lie between them, one heartbeat aside.
 */
export const heartbeatTruth = defineChecker("heartbeat-truth", {
  invariant: "I18",
  title: "Heartbeat ages are true",
  rule: "The reported age of a peer's last acknowledged round trip is true within one heartbeat, never negative, and infinite only while none was ever heard.",
  triggers: ["sent:detector.ping", "delivered:detector.ack", "point:detector.report", "state:process"],
  create: (context) => new HeartbeatTruth(context),
});

class HeartbeatTruth implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #world;
  /** Row = who reports, column = peer; −1 for never in this incarnation. */
  readonly #any: Float64Array;
  readonly #sure: Float64Array;
  readonly #sureSeq: Float64Array;
  readonly #pingSeq: Float64Array;
  readonly #pingTime: Float64Array;

  constructor(context: CheckerContext) {
    const n = context.cluster.size;
    this.#context = context;
    this.#world = context.views.world;
    this.#any = new Float64Array(n * n).fill(-1);
    this.#sure = new Float64Array(n * n).fill(-1);
    this.#sureSeq = new Float64Array(n * n).fill(-1);
    this.#pingSeq = new Float64Array(n * PINGS).fill(-1);
    this.#pingTime = new Float64Array(n * PINGS);
  }

  on(record: TraceRecord): void {
    if (record.kind === "sent" || record.kind === "delivered") {
      const peer = record.kind === "sent" ? record.to : record.from;
      this.onMessage(record.kind, record.id, record.time, record.node, peer, record.message);
      return;
    }
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "point") this.#onReport(member, record);
    else if (record.kind === "state" && record.origin === "world" && record.value === "down") this.#forget(member);
  }

  onMessage(
    kind: "sent" | "delivered",
    _id: RecordId,
    time: Micros,
    node: string,
    peer: string,
    message: Message,
  ): void {
    const { cluster } = this.#context;
    const member = cluster.number(node);
    if (member < 0) return;
    const seq = intOf(message["seq"]);
    if (kind === "sent") this.#onPing(member, time, seq);
    else this.#onAck(member, cluster.number(peer), time, seq);
  }

  #forget(member: number): void {
    const n = this.#context.cluster.size;
    for (const row of [this.#any, this.#sure, this.#sureSeq]) row.fill(-1, member * n, member * n + n);
    this.#pingSeq.fill(-1, member * PINGS, member * PINGS + PINGS);
  }

  #onPing(member: number, time: Micros, seq: number): void {
    const cell = member * PINGS + (seq % PINGS);
    if (seq < 0 || this.#pingSeq[cell] === seq) return;
    this.#pingSeq[cell] = seq;
    this.#pingTime[cell] = time;
  }

  #onAck(member: number, peer: number, time: Micros, seq: number): void {
    if (peer < 0) return;
    const cell = member * this.#context.cluster.size + peer;
    this.#any[cell] = time;
    const ping = member * PINGS + (seq % PINGS);
    // Any detector waits for an answer at least as long as ET on the fastest clock.
    const patience = this.#context.cluster.of(member).electionTimeoutMs * 900;
    if (
      seq <= (this.#sureSeq[cell] as number) ||
      this.#pingSeq[ping] !== seq ||
      time - (this.#pingTime[ping] as number) > patience
    )
      return;
    this.#sureSeq[cell] = seq;
    this.#sure[cell] = time;
  }

  #onReport(member: number, record: PointRecord): void {
    const { cluster } = this.#context;
    for (const [id, value] of Object.entries(record.fields)) {
      const peer = cluster.number(id);
      if (peer < 0 || peer === member || typeof value !== "number") continue;
      this.#context.judged();
      this.#judge(member, peer, value, record);
    }
  }

  #judge(member: number, peer: number, age: number, record: PointRecord): void {
    const cell = member * this.#context.cluster.size + peer;
    const any = this.#any[cell] as Micros;
    const sure = this.#sure[cell] as Micros;
    const { heartbeatMs } = this.#context.cluster.of(member);
    const youngest = any < 0 ? -1 : this.#ownMs(record.time - any, this.#world.slowestPpm(member)) - heartbeatMs - 2;
    const oldest =
      sure < 0 ? Infinity : this.#ownMs(record.time - sure, this.#world.fastestPpm(member)) + heartbeatMs + 2;
    const isRight = age === -1 ? sure < 0 : age >= 0 && any >= 0 && age >= youngest && age <= oldest;
    if (isRight) return;
    const id = this.#context.cluster.id(peer);
    const told = age === -1 ? "it never heard" : `${String(age)} ms since it heard`;
    const truth =
      any < 0 ? "no acknowledgement ever arrived" : `the last one arrived at ${formatSeconds(sure < 0 ? any : sure)}`;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node, id],
      message: `${record.node} reports ${told} ${id} at ${formatSeconds(record.time)}, but ${truth}`,
      expected:
        any < 0
          ? "−1"
          : `${String(Math.floor((record.time - (sure < 0 ? any : sure)) / 1_000))} ms ± ${String(heartbeatMs)} ms`,
      observed: `${String(age)} ms`,
    });
  }

  #ownMs(elapsed: Micros, ppm: number): number {
    return Math.floor((elapsed * (1_000_000 + ppm)) / 1_000_000_000);
  }
}
