import type { PointRecord, RecordId, SentRecord, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import type { RunFacts } from "../facts.ts";
import { intOf, textOf } from "./fields.ts";

/** A stamp that was given out, and where. */
export interface GivenStamp {
  readonly ms: number;
  readonly counter: number;
  readonly node: string;
  readonly record: RecordId;
  readonly time: number;
}

/** What lies in the causal past of a moment. */
export interface Past {
  /** The largest stamp. */
  readonly stamp: GivenStamp | undefined;
  /** The largest reading of any wall clock, ms. */
  readonly wallMs: number;
}

/** A message that carried a stamp and whose receipt has not been stamped yet. */
interface Arrival {
  readonly remote: string;
  readonly past: Past;
}

interface HlcNode {
  /** Its clock is ready; what arrives before tells it nothing. */
  isOpen: boolean;
  past: Past;
  before: Past;
  hasReceived: boolean;
  /** The past of each stamp that was given out while one record was handled: `await` may part a stamp from its sending. */
  readonly handling: { cause: RecordId; readonly given: Map<string, Past> };
  arrived: Arrival[];
  /** Arrivals that wait for the receiver's durable bound. */
  held: Arrival[];
}

const NOTHING: Past = { stamp: undefined, wallMs: -1 };
/** Arrivals kept for a node that stamps nothing. */
const ARRIVALS_MAX = 10_000;

/** Programs of this package that keep no hybrid clock. Following all their messages for one would be waste. */
export const PROGRAMS_WITHOUT_HLC: readonly string[] = [
  ...["ha-node", "kv", "kv-client", "isolation-device", "redis"],
  ...["ryw-proxy", "sessions-client"],
];

/** Premise of rules that follow messages: some node may keep a hybrid clock. */
export function needsHlc(run: RunFacts): string | undefined {
  return run.nodes.every(({ program }) => PROGRAMS_WITHOUT_HLC.includes(program)) ? "no hlc used" : undefined;
}

/** Reads the stamp of an `hlc` point. */
export function givenStamp(record: PointRecord): GivenStamp {
  const { node, id, time, fields } = record;
  return { ms: intOf(fields["ms"]), counter: intOf(fields["counter"]), node, record: id, time };
}

/** Order of `(ms, counter, node)`, nodes by code unit. */
export function compareGiven(a: GivenStamp, b: GivenStamp): number {
  if (a.ms !== b.ms) return a.ms - b.ms;
  if (a.counter !== b.counter) return a.counter - b.counter;
  return a.node < b.node ? -1 : a.node > b.node ? 1 : 0;
}

export function nameStamp(stamp: { readonly ms: number; readonly counter: number }): string {
  return `(${String(stamp.ms)}, ${String(stamp.counter)})`;
}

/**
 * Happens-before as the network made it: what each node's next stamp must lie above.
 *
 * A vector clock would name every event of the past; for "every earlier stamp is smaller" the largest of them is enough, because
 * stamps are totally ordered. So a past is that stamp, carried along by each message that has a field `hlc`: a message without
 * one tells its receiver's clock nothing. The past is what the *sender* had stamped at the sending, whatever the message says.
 */
export class HlcView implements TraceListener {
  readonly triggers = ["sent", "delivered", "point:hlc", "point:hlc.*", "state:process"];
  readonly #nodes = new Map<string, HlcNode>();
  readonly #sent = new Map<RecordId, Past>();
  /** Of messages that may be sent again as they were, by sender and stamp. */
  readonly #repeatable = new Map<string, Past>();

  /** What lay in the past of the stamp that `node` has just given out, without that stamp but with its wall reading. */
  before(node: string): Past {
    return this.#node(node).before;
  }
  /** Whether a stamp of another node is in its past. */
  hasReceived(node: string): boolean {
    return this.#node(node).hasReceived;
  }

  on(record: TraceRecord): void {
    if (record.kind === "sent") {
      this.#onSent(record);
    } else if (record.kind === "delivered") {
      const past = this.#sent.get(record.sent);
      if (past === undefined) return;
      const { isOpen, arrived } = this.#node(record.node);
      if (isOpen && arrived.length < ARRIVALS_MAX) arrived.push({ remote: textOf(record.message["hlc"]), past });
    } else if (record.kind === "point") this.#onPoint(this.#node(record.node), record);
    else if (record.kind === "state" && record.origin === "world" && record.value === "down") this.#forget(record.node);
  }

  /**
   * A message's stamp counts as of its sending if both come of the same record; otherwise it is an old one. What is declared to be the
   * same bytes once more has the past of their first sending.
   */
  #onSent(record: SentRecord): void {
    const { hlc, isRepeat } = record.message;
    if (typeof hlc !== "string") return;
    const { handling, past } = this.#node(record.node);
    const name = `${record.node} ${hlc}`;
    const first = isRepeat === true ? this.#repeatable.get(name) : undefined;
    const given = record.cause === handling.cause ? handling.given.get(hlc) : undefined;
    const sent = first ?? given ?? past;
    this.#sent.set(record.id, sent);
    if (isRepeat === false) this.#repeatable.set(name, sent);
  }

  #onPoint(node: HlcNode, record: PointRecord): void {
    const remote = textOf(record.fields["remote"]);
    if (record.name === "hlc.reject") {
      if (take(node.arrived, remote) === undefined) take(node.held, remote);
    } else if (record.name === "hlc.held") {
      const arrival = take(node.arrived, remote);
      if (arrival !== undefined) node.held.push(arrival);
    } else if (record.name === "hlc.open" || record.name === "hlc.bound") {
      node.past = { ...node.past, wallMs: Math.max(node.past.wallMs, intOf(record.fields["wallMs"])) };
      if (record.name === "hlc.open") node.isOpen = true;
    } else if (record.name === "hlc") this.#onStamp(node, record, remote);
  }

  /** A message that arrived is in the past of the next stamp, whether the program received it or forgot to. */
  #onStamp(node: HlcNode, record: PointRecord, remote: string): void {
    const held = remote === "" ? undefined : take(node.held, remote);
    if (held !== undefined) node.arrived.push(held);
    let past: Past = { ...node.past, wallMs: Math.max(node.past.wallMs, intOf(record.fields["wallMs"])) };
    for (const arrival of node.arrived) past = joined(past, arrival.past);
    if (node.arrived.length > 0) node.hasReceived = true;
    node.arrived.length = 0;
    node.before = past;
    node.past = joined(past, { stamp: givenStamp(record), wallMs: -1 });
    const { handling } = node;
    if (handling.cause !== record.cause) handling.given.clear();
    handling.cause = record.cause;
    handling.given.set(textOf(record.fields["stamp"]), node.past);
  }

  /** What had reached a process but not its clock dies with it. */
  #forget(id: string): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    node.isOpen = false;
    node.arrived.length = 0;
    node.held.length = 0;
  }

  #node(id: string): HlcNode {
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    const node: HlcNode = {
      isOpen: false,
      past: NOTHING,
      before: NOTHING,
      hasReceived: false,
      handling: { cause: -1, given: new Map() },
      arrived: [],
      held: [],
    };
    this.#nodes.set(id, node);
    return node;
  }
}

function joined(a: Past, b: Past): Past {
  const isLater = a.stamp === undefined || (b.stamp !== undefined && compareGiven(b.stamp, a.stamp) > 0);
  return { stamp: isLater ? b.stamp : a.stamp, wallMs: Math.max(a.wallMs, b.wallMs) };
}

/** Takes the first arrival with this stamp out. */
function take(arrivals: Arrival[], remote: string): Arrival | undefined {
  const at = arrivals.findIndex((arrival) => arrival.remote === remote);
  return at < 0 ? undefined : arrivals.splice(at, 1)[0];
}
