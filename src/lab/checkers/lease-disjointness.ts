import type { StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { RHO_PPM } from "./cluster.ts";
import { intOf } from "./views/fields.ts";

/** Why leases promise nothing in this run; `undefined` when they do. */
export function leasePremise(_run: unknown, cluster: { readonly usesLeases: boolean }): string | undefined {
  return cluster.usesLeases ? undefined : "leases are off";
}

/** Ends the judgement once a clock runs outside of what leases are safe under. */
export function watchClockRate(context: CheckerContext, record: TraceRecord): void {
  if (record.kind !== "state" || record.origin !== "world" || record.key !== "clock") return;
  const ppm = Number(record.fields["ppm"] ?? 0);
  const isStore = context.cluster.leaseStores.has(record.node);
  // A store counts its leases by its wall clock: stepped, it may give one away that its holder still counts on.
  const isStepped = isStore && record.time > 0 && (record.fields["offsetUs"] !== 0 || record.fields["frozen"] === true);
  if (isStepped)
    context.premiseBroken(
      `the clock of ${record.node}, which counts the leases, was set anew at ${formatSeconds(record.time)}`,
    );
  if ((context.cluster.number(record.node) < 0 && !isStore) || Math.abs(ppm) <= RHO_PPM) return;
  context.premiseBroken(
    `the clock of ${record.node} ran at ${String(ppm)} ppm from ${formatSeconds(record.time)}; leases are safe up to ${String(RHO_PPM)} ppm`,
  );
}

export const leaseDisjointness = defineChecker("lease-disjointness", {
  invariant: "I07",
  unexercised: "no lease was held",
  title: "Leases never overlap",
  rule: "In true time the valid leases of two nodes never overlap, as long as clock rates stay within rho.",
  triggers: ["state:lease", "state:clock"],
  premises: leasePremise,
  create: (context) => new LeaseDisjointness(context),
});

class LeaseDisjointness implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #leases;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#leases = context.views.leases;
  }

  on(record: TraceRecord): void {
    if (record.kind !== "state") return;
    watchClockRate(this.#context, record);
    const member = this.#context.cluster.number(record.node);
    if (member < 0 || record.key !== "lease" || record.value !== "valid") return;
    this.#context.judged();
    for (let other = 0; other < this.#context.cluster.size; other++) {
      if (other !== member && this.#leases.isHeld(other, record.time)) this.#overlap(record, other);
    }
  }

  #overlap(record: StateRecord, other: number): void {
    const id = this.#context.cluster.id(other);
    const until = this.#leases.until(other, record.time);
    const end =
      until === Infinity
        ? `is held on beyond its deadline at ${formatSeconds(this.#leases.deadline(other))}`
        : `lasts until ${formatSeconds(until)}`;
    const term = intOf(record.fields["term"]);
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [id, record.node],
      message: `${record.node} got a lease of term ${String(term)} at ${formatSeconds(record.time)}, but the lease of ${id} of term ${String(this.#leases.term(other))}, held since ${formatSeconds(this.#leases.since(other))}, ${end}`,
      expected: `no lease before that of ${id} has ended`,
      observed: `two leases at ${formatSeconds(record.time)}`,
      facts: { term, otherTerm: this.#leases.term(other) },
    });
  }
}
