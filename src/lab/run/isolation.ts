import type { NodeId } from "../../system/ports/node.ts";
import type { StateRecord, TraceRecord } from "../../trace/record.ts";
import type { TraceListener } from "../../trace/listeners.ts";
import type { Cluster } from "../../sim/cluster.ts";
import { ISOLATION_DEVICE, type PlainConfig } from "../scenario/model.ts";

type Config = Readonly<Record<string, PlainConfig>>;

/** The settings as the program takes them: the device's name instead of `true`. */
export function withIsolationDevice(config: Config): Config {
  const { isolation, ...rest } = config;
  return isolation === true ? { ...rest, isolation: ISOLATION_DEVICE } : rest;
}

/**
 * The world's part of an isolation device: while its switch for a host is on, no message reaches or leaves that host but the
 * device's own, which run on the management network.
 */
export class IsolationSwitch implements TraceListener {
  readonly triggers = ["state:isolates>*"];
  readonly #cuts = new Map<string, (() => void)[]>();
  #cluster: Cluster | undefined;

  /** The network it acts on; call it before the run starts. */
  connect(cluster: Cluster): void {
    this.#cluster = cluster;
  }

  on(record: TraceRecord): void {
    const cluster = this.#cluster;
    if (cluster === undefined || record.kind !== "state" || record.node !== ISOLATION_DEVICE) return;
    // The switch moves after the event in which it was told to: a listener must not write records.
    cluster.at(record.time, () => {
      this.#turn(cluster, record);
    });
  }

  #turn(cluster: Cluster, record: StateRecord): void {
    const host = record.key.slice("isolates>".length);
    for (const undo of this.#cuts.get(host) ?? []) undo();
    this.#cuts.delete(host);
    if (record.value !== "yes") return;
    const others = cluster.nodes.filter((node) => node.id !== host && node.id !== ISOLATION_DEVICE);
    const effect = { fault: ISOLATION_DEVICE, cut: true, touch: () => undefined };
    this.#cuts.set(
      host,
      others.flatMap(({ id }) => [
        cluster.network.addEffect(host as NodeId, id, effect),
        cluster.network.addEffect(id, host as NodeId, effect),
      ]),
    );
  }
}
