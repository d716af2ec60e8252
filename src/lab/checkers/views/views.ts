import type { Micros } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import type { Cluster } from "../cluster.ts";
import { BreakerView } from "./breaker-view.ts";
import { ClaimView } from "./claim-view.ts";
import { ConfigView } from "./config-view.ts";
import { ContactView } from "./contact-view.ts";
import { Deadlines } from "./deadlines.ts";
import { HlcView } from "./hlc-view.ts";
import { LeaseView } from "./lease-view.ts";
import { LockView } from "./lock-view.ts";
import { LogView } from "./log-view.ts";
import { MarkerView } from "./marker-view.ts";
import { NodeWorld } from "./node-world.ts";
import { ReceiptView } from "./receipt-view.ts";
import { ReplicationView } from "./replication-view.ts";
import { RequestView } from "./request-view.ts";
import { StoreView } from "./store-view.ts";
import { WorldView } from "./world-view.ts";

/** The shared folds of one run. Each is made when a checker first asks for it, so a run pays for what its checkers use. */
export class Views {
  readonly #cluster: Cluster;
  #deadlines: Deadlines | undefined;
  #world: WorldView | undefined;
  #claims: ClaimView | undefined;
  #leases: LeaseView | undefined;
  #logs: LogView | undefined;
  #contacts: ContactView | undefined;
  #configs: ConfigView | undefined;
  #store: StoreView | undefined;
  #requests: RequestView | undefined;
  #markers: MarkerView | undefined;
  #nodes: NodeWorld | undefined;
  #locks: LockView | undefined;
  #breakers: BreakerView | undefined;
  #hlc: HlcView | undefined;
  #receipts: ReceiptView | undefined;
  #replication: ReplicationView | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  get deadlines(): Deadlines {
    return (this.#deadlines ??= new Deadlines());
  }
  get world(): WorldView {
    return (this.#world ??= new WorldView(this.#cluster));
  }
  get claims(): ClaimView {
    return (this.#claims ??= new ClaimView(this.#cluster));
  }
  get leases(): LeaseView {
    return (this.#leases ??= new LeaseView(this.#cluster, this.world));
  }
  get logs(): LogView {
    return (this.#logs ??= new LogView(this.#cluster));
  }
  get contacts(): ContactView {
    return (this.#contacts ??= new ContactView(this.#cluster));
  }
  get configs(): ConfigView {
    return (this.#configs ??= new ConfigView(this.#cluster));
  }
  get store(): StoreView {
    return (this.#store ??= new StoreView(this.#cluster));
  }
  get requests(): RequestView {
    return (this.#requests ??= new RequestView());
  }
  get markers(): MarkerView {
    return (this.#markers ??= new MarkerView(this.#cluster));
  }
  get nodes(): NodeWorld {
    return (this.#nodes ??= new NodeWorld(this.#cluster));
  }
  get locks(): LockView {
    return (this.#locks ??= new LockView(this.nodes));
  }
  get breakers(): BreakerView {
    return (this.#breakers ??= new BreakerView());
  }
  get hlc(): HlcView {
    return (this.#hlc ??= new HlcView());
  }
  get receipts(): ReceiptView {
    return (this.#receipts ??= new ReceiptView());
  }
  get replication(): ReplicationView {
    return (this.#replication ??= new ReplicationView(this.#cluster));
  }

  /** Those in use, in the order in which they must see a record: deadlines while everything still shows the time before it. */
  listeners(): TraceListener[] {
    const all: readonly (TraceListener | undefined)[] = [
      this.#deadlines,
      this.#world,
      this.#claims,
      this.#leases,
      this.#logs,
      this.#contacts,
      this.#configs,
      this.#store,
      this.#requests,
      this.#markers,
      this.#nodes,
      this.#locks,
      this.#breakers,
      this.#hlc,
      this.#receipts,
      this.#replication,
    ];
    return all.filter((view) => view !== undefined);
  }

  /** The run ends: every deadline before `endTime` passes. */
  end(endTime: Micros): void {
    this.#deadlines?.pass(endTime);
  }
}
