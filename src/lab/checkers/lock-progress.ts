import type { Micros, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import type { RunFacts } from "./facts.ts";
import type { Deadline } from "./views/deadlines.ts";
import type { LockGrant, LockView } from "./views/lock-view.ts";

/** How long after its end a grant may stand in the way, and how long a free lock may keep a waiter. */
const DELTA: Micros = 5_000_000;

/** The two things that must come, for one key. */
interface Watch {
  /** The grant ends. */
  readonly end: Deadline;
  /** A waiter is served. */
  readonly service: Deadline;
  isServiceDue: boolean;
}

/**
 * Time counts while the server runs at its own clock's rate and, for a waiter, while it runs and is linked to the server both ways
 * and no fault disturbs bounds on time. Whoever takes the lock serves the wait of all.
 */
export const lockProgress = defineChecker("lock-progress", {
  invariant: "I48",
  unexercised: "no lock used",
  title: "A dead holder's lock comes free",
  rule: "A grant that is not extended ends within its TTL and 5 s, and a lock that is free is granted to a live waiter within 5 s.",
  triggers: [
    "point:lock.grant",
    "point:lock.extend",
    "point:lock.release",
    "point:lock.expire",
    "point:lock.forget",
    "state:lock>*",
    "state:process",
    "state:clock",
    "state:link>*",
    "fault",
  ],
  premises: lossPremise,
  create: (context) => new LockProgress(context),
});

function lossPremise({ network }: RunFacts): string | undefined {
  if (network === undefined || network.lossPpm <= 20_000) return undefined;
  return `the network loses ${String(network.lossPpm / 10_000)} % of all messages by itself; bounds are stated for up to 2 %`;
}

class LockProgress implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #locks: LockView;
  readonly #nodes;
  readonly #limit: Micros;
  readonly #watches = new Map<string, Watch>();
  readonly #servers: readonly string[];

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#locks = context.views.locks;
    this.#nodes = context.views.nodes;
    this.#limit = context.bound(DELTA);
    this.#servers = context.run.nodes.filter((node) => node.program === "redis").map((node) => node.id);
  }

  on(record: TraceRecord): void {
    for (const key of new Set([...this.#locks.keys(), ...this.#locks.waitedFor()])) this.#update(key, record.time);
    if (record.kind === "point" && record.name !== "lock.extend") this.#context.judged();
  }

  #update(key: string, now: Micros): void {
    const watch = this.#watch(key);
    const grant = this.#locks.grant(key);
    const server = grant?.server ?? this.#servers[0];
    const serving = server === undefined ? Infinity : this.#nodes.runningSince(server);
    if (grant?.isStanding === true && serving !== Infinity && grant.flaw === undefined)
      watch.end.arm(Math.max(grant.end, serving) + this.#limit);
    else watch.end.cancel();
    const isKept = grant?.isStanding !== true && server !== undefined && this.#waiter(key, server) !== undefined;
    if (!isKept || !this.#nodes.isCalm || serving === Infinity) {
      watch.isServiceDue = false;
      watch.service.cancel();
    } else if (!watch.isServiceDue) {
      watch.isServiceDue = true;
      watch.service.arm(now + this.#limit);
    }
  }

  /** Somebody who waits for it and could have it. */
  #waiter(key: string, server: string): string | undefined {
    return this.#locks.waiting(key).find((node) => this.#nodes.isRunning(node) && this.#nodes.isLinked(node, server));
  }

  #watch(key: string): Watch {
    let watch = this.#watches.get(key);
    if (watch !== undefined) return watch;
    const { deadlines } = this.#context.views;
    watch = {
      end: deadlines.create((due) => this.#unending(this.#locks.grant(key), due)),
      service: deadlines.create((due) => this.#unserved(key, due)),
      isServiceDue: false,
    };
    this.#watches.set(key, watch);
    return watch;
  }

  #unending(grant: LockGrant | undefined, due: Micros): void {
    if (grant === undefined) return;
    this.#context.judged();
    this.#context.violated({
      record: grant.record,
      time: due,
      nodes: [grant.server],
      message: `${grant.server} still keeps the lock "${grant.key}" at ${formatSeconds(due)}, granted at ${formatSeconds(grant.time)} and over at ${formatSeconds(grant.end)}`,
      expected: `grantable within ${formatSeconds(this.#limit)} of its end`,
      observed: `kept for ${formatSeconds(due - grant.end)} more`,
      facts: { key: grant.key, token: grant.token },
    });
  }

  #unserved(key: string, due: Micros): void {
    const server = this.#locks.grant(key)?.server ?? this.#servers[0] ?? "";
    const waiter = this.#waiter(key, server) ?? "";
    const since = formatSeconds(due - this.#limit);
    this.#context.judged();
    this.#context.violated({
      record: this.#locks.grant(key)?.record ?? -1,
      time: due,
      nodes: [waiter],
      message: `${waiter} waits for the lock "${key}" at ${formatSeconds(due)}, although it is free and ${server} within reach since ${since}`,
      expected: `a grant within ${formatSeconds(this.#limit)}`,
      observed: `none for ${formatSeconds(this.#limit)}`,
      facts: { key },
    });
  }
}
