import type { Micros, PointRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import type { Deadline } from "./views/deadlines.ts";
import { textOf } from "./views/fields.ts";
import { LOCK_GRACE, type LockView } from "./views/lock-view.ts";

/** What the server let happen to a grant is judged on its record; that a holder lets go in time, on its claim and its clock's rate. */
export const lockOwnership = defineChecker("lock-ownership", {
  invariant: "I24",
  unexercised: "no lock used",
  title: "Hands off other holders' locks",
  rule: "A lock is extended and released by its own token alone, never revived, and no holder goes on after its own deadline.",
  triggers: ["point:lock.extend", "point:lock.release", "state:lock>*", "state:process", "state:clock", "fault"],
  create: (context) => new LockOwnership(context),
});

class LockOwnership implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #locks: LockView;
  readonly #nodes;
  /** Asked for at once, so that it hears of every record. */
  readonly #clock;
  readonly #deadlines = new Map<string, Deadline>();

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#locks = context.views.locks;
    this.#nodes = context.views.nodes;
    this.#clock = context.views.deadlines;
  }

  on(record: TraceRecord): void {
    if (record.kind === "point") this.#onPoint(record);
    else if (record.kind === "fault") {
      for (const key of this.#locks.keys()) for (const { node } of this.#locks.claims(key)) this.#watch(key, node);
    } else if (record.kind === "state" && record.key.startsWith("lock>")) {
      if (record.value === "held") this.#context.judged();
      this.#watch(record.key.slice("lock>".length), record.node);
    } else if (record.kind === "state" && record.origin === "world")
      for (const key of this.#locks.keys()) this.#watch(key, record.node);
  }

  #onPoint(record: PointRecord): void {
    const key = textOf(record.fields["key"]);
    const token = textOf(record.fields["token"]);
    const given = textOf(record.fields["given"]);
    const by = textOf(record.fields["by"]);
    const what = record.name === "lock.extend" ? "extended" : "released";
    this.#context.judged();
    const granted = this.#locks.grantTo(key, token);
    const isLate = what === "extended" && granted?.isStanding !== true;
    if (given === token && !isLate) return;
    const how = given === "" ? "without a token" : given === token ? "after its end" : "with another token";
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node, by],
      message: `${by} ${what} the lock "${key}" on ${record.node} at ${formatSeconds(record.time)} ${how}, although it was granted to token ${token}`,
      expected: `token ${token}`,
      observed: given === "" ? "no token" : `token ${given}`,
      ...(granted === undefined ? {} : { related: [granted.record] }),
      facts: { key, token, given },
    });
  }

  /** Looks again when a running holder must have let go. */
  #watch(key: string, node: string): void {
    const claim = this.#locks.claim(key, node);
    const name = `${node} ${key}`;
    const runningSince = this.#nodes.runningSince(node);
    if (claim === undefined || runningSince === Infinity) {
      this.#deadlines.get(name)?.cancel();
      return;
    }
    let deadline = this.#deadlines.get(name);
    if (deadline === undefined) {
      deadline = this.#clock.create((due) => this.#overdue(key, node, due));
      this.#deadlines.set(name, deadline);
    }
    deadline.arm(Math.max(claim.end, runningSince) + LOCK_GRACE);
  }

  #overdue(key: string, node: string, due: Micros): void {
    const claim = this.#locks.claim(key, node);
    if (claim === undefined) return;
    this.#context.violated({
      record: claim.record,
      time: due,
      nodes: [node],
      message: `${node} still holds the lock "${key}" (fencing number ${claim.fencing}) at ${formatSeconds(due)}, although its own deadline was at ${formatSeconds(claim.end)}`,
      expected: `let go by ${formatSeconds(claim.end)}`,
      observed: `held at ${formatSeconds(due)}`,
      facts: { key, token: claim.token },
    });
  }
}
