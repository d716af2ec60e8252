import type { StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import type { LockClaim, LockView } from "./views/lock-view.ts";

/**
 * A claim is judged when it is made, against the claims of others that last still and against the server's grant. It says nothing
 * of a holder whose server forgot the grant (a crash without persistence) or had its clock stepped, nor of clocks that differ by
 * more than the 1 % that a lock allows for: then the fencing number alone protects what the lock does.
 */
export const lockMutex = defineChecker("lock-mutex", {
  invariant: "I23",
  unexercised: "no lock used",
  title: "One holder at a time",
  rule: "At most one node holds a lock at any instant, and only with a grant of its server, as long as that server loses no grant.",
  triggers: ["state:lock>*"],
  create: (context) => new LockMutex(context),
});

class LockMutex implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #locks: LockView;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#locks = context.views.locks;
  }

  on(record: TraceRecord): void {
    if (record.kind !== "state" || record.value !== "held") return;
    const claim = this.#locks.claim(record.key.slice("lock>".length), record.node);
    if (claim === undefined) return;
    this.#context.judged();
    const grant = this.#locks.grantTo(claim.key, claim.token);
    if (grant?.fencing !== claim.fencing) {
      this.#ungranted(record, claim);
      return;
    }
    for (const other of this.#locks.claims(claim.key)) {
      if (other.node === claim.node || !this.#binds(other)) continue;
      if (record.time < this.#locks.until(other, record.time)) this.#overlap(record, claim, other);
    }
  }

  /** Whether the lock promises that nobody else is granted it while this claim lasts. */
  #binds({ key, token, node }: LockClaim): boolean {
    const grant = this.#locks.grantTo(key, token);
    if (grant === undefined) return true;
    const server = 1_000_000 + this.#locks.rates.fastest(grant.server);
    const holder = 1_000_000 + this.#locks.rates.slowest(node);
    return grant.flaw === undefined && server * 99 <= holder * 100;
  }

  #ungranted(record: StateRecord, claim: LockClaim): void {
    const { node, key, token, fencing } = claim;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [node],
      message: `${node} holds the lock "${key}" with fencing number ${fencing} since ${formatSeconds(claim.since)}, but no server granted that`,
      expected: "a grant of this token and number before it is held",
      observed: "no such grant",
      facts: { key, token, fencing },
    });
  }

  #overlap(record: StateRecord, claim: LockClaim, other: LockClaim): void {
    const until = this.#locks.until(other, record.time);
    const end =
      until === Infinity
        ? `goes on beyond its deadline at ${formatSeconds(other.end)}`
        : `lasts until ${formatSeconds(until)}`;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [other.node, claim.node],
      message: `${claim.node} holds the lock "${claim.key}" (fencing number ${claim.fencing}) at ${formatSeconds(record.time)} while the hold of ${other.node} (number ${other.fencing}), begun at ${formatSeconds(other.since)}, ${end}`,
      expected: `no holder before ${other.node} has let go`,
      observed: `two holders at ${formatSeconds(record.time)}`,
      related: [other.record],
      facts: { key: claim.key, fencing: claim.fencing, otherFencing: other.fencing },
    });
  }
}
