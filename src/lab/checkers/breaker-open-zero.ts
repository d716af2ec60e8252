import type { PointRecord, SentRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { describeBreaker, type BreakerState } from "./views/breaker-view.ts";

/** Messages that reach a dependency, and the name of the breaker in front of it. */
const PROTECTED: ReadonlyMap<string, string> = new Map([["ofd.register", "ofd"]]);

/**
 * What a breaker says of its calls is compared with what really went out to the dependency: a message of a call that was let through
 * before the breaker opened may, and any other may not.
 */
export const breakerOpenZero = defineChecker("breaker-open-zero", {
  invariant: "I27",
  unexercised: "no breaker opened",
  title: "An open breaker lets nothing through",
  rule: "While a breaker is open, no call reaches the dependency.",
  triggers: ["point:breaker.call", "point:breaker.refuse", ...[...PROTECTED.keys()].map((type) => `sent:${type}`)],
  create: (context) => new BreakerOpenZero(context),
});

class BreakerOpenZero implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #breakers;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#breakers = context.views.breakers;
  }

  on(record: TraceRecord): void {
    if (record.kind === "sent") {
      const breaker = this.#breakers.named(record.node, PROTECTED.get(record.message.type) ?? "");
      if (breaker?.state !== "open") return;
      this.#context.judged();
      if (breaker.calls.size === 0) this.#violated(record, breaker, `sent ${record.message.type}`);
    } else if (record.kind === "point") {
      const breaker = this.#breakers.of(record);
      if (breaker.state !== "open") return;
      this.#context.judged();
      if (record.name === "breaker.call") this.#violated(record, breaker, `call ${String(record.fields["id"])}`);
    }
  }

  #violated(record: PointRecord | SentRecord, breaker: BreakerState, observed: string): void {
    const what =
      record.kind === "sent"
        ? `${record.node} ${observed} to ${record.to} beside ${describeBreaker(breaker)}`
        : `${describeBreaker(breaker)} let a call through`;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message: `${what} at ${formatSeconds(record.time)}, open since ${formatSeconds(breaker.since)}`,
      expected: "a refusal",
      observed,
      related: [breaker.record],
    });
  }
}
