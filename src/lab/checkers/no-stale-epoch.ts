import type { PointRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { LEASE_LINEAGE_TRIGGERS, LeaseLineage } from "./lease-lineage.ts";
import { STALE_ISOLATION_TRIGGERS, StaleIsolations } from "./stale-isolations.ts";
import { STALE_TOKEN_TRIGGERS, StaleTokens } from "./stale-tokens.ts";
import { STALE_TRANSACTION_TRIGGERS, StaleTransactions } from "./stale-transactions.ts";
import { intOf } from "./views/fields.ts";

interface Store {
  /** Epoch of the last commit in this incarnation. */
  epoch: number;
  /** Highest epoch this store ever knew, and the record that brought it. */
  epochMax: number;
  epochMaxRecord: number;
  epochMaxTime: number;
  indexMax: number;
}

/** A store that is rebuilt from the log after a restart commits old entries again: those are no news and are compared only among themselves. */
export const noStaleEpoch = defineChecker("no-stale-epoch", {
  invariant: "I09",
  title: "Epochs never go back",
  rule: "At each store the epochs of committed writes never decrease, and no write is accepted with an epoch below the highest one the store knows; a database takes no transaction, snapshot or way back from a primary older than the newest it knows, an isolation device cuts nobody off for a leader older than the last it obeyed; an OFD takes nothing under a fencing number below the largest it has seen; who leads by the lease of a store has what the last holder told it.",
  triggers: [
    "point:store.accept",
    "point:store.commit",
    "state:process",
    ...STALE_TRANSACTION_TRIGGERS,
    ...STALE_ISOLATION_TRIGGERS,
    ...STALE_TOKEN_TRIGGERS,
    ...LEASE_LINEAGE_TRIGGERS,
  ],
  create(context) {
    const stores = new StoreEpochs(context);
    const folds = [stores, new StaleTransactions(context), new StaleIsolations(context), new StaleTokens(context)];
    const lineage = new LeaseLineage(context);
    return {
      on(record) {
        // Most of what comes is a store's own word, which is for one of them alone.
        if (record.kind === "point" && record.name.startsWith("store.")) {
          stores.on(record);
          return;
        }
        lineage.on(record);
        if (record.kind === "sent" || record.kind === "delivered") return;
        for (const fold of folds) fold.on(record);
      },
    };
  },
});

class StoreEpochs implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #stores: readonly Store[];

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#stores = context.cluster.ids.map(() => ({
      epoch: -1,
      epochMax: -1,
      epochMaxRecord: -1,
      epochMaxTime: 0,
      indexMax: 0,
    }));
  }

  on(record: TraceRecord): void {
    const store = this.#stores[this.#context.cluster.number(record.node)];
    if (store === undefined) return;
    if (record.kind === "state") {
      if (record.origin === "world" && record.value === "down") store.epoch = -1;
    } else if (record.kind === "point" && record.name.startsWith("store.")) {
      this.#context.judged();
      const epoch = intOf(record.fields["epoch"]);
      if (record.name === "store.accept") this.#judge(store, record, epoch, store.epochMax, "accepted");
      else {
        const index = intOf(record.fields["index"]);
        this.#judge(store, record, epoch, index > store.indexMax ? store.epochMax : store.epoch, "committed");
        store.epoch = epoch;
        store.indexMax = Math.max(store.indexMax, index);
      }
      const known = Math.max(epoch, intOf(record.fields["maxEpoch"]));
      if (known > store.epochMax) {
        store.epochMax = known;
        store.epochMaxRecord = record.id;
        store.epochMaxTime = record.time;
      }
    }
  }

  #judge(store: Store, record: PointRecord, epoch: number, floor: number, what: string): void {
    if (epoch >= floor) return;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message: `the store of ${record.node} ${what} a write of epoch ${String(epoch)} at ${formatSeconds(record.time)}, but it knows epoch ${String(store.epochMax)} since ${formatSeconds(store.epochMaxTime)}`,
      expected: `an epoch of at least ${String(floor)}`,
      observed: `epoch ${String(epoch)}`,
      related: [store.epochMaxRecord],
      facts: { epoch, floor },
    });
  }
}
