import type { ProxyNode, Standing } from "../../src/system/components/proxy/proxy-node.ts";
import type { SessionMark } from "../../src/system/components/proxy/session-mark.ts";

/** A node whose database is a list: the epoch of each transaction. What is asked of it is answered by looking at the list. */
export class StagedNode implements ProxyNode {
  readonly id: string;
  isPrimary = false;
  epoch = 1;
  lagMs = 0;
  primaryName: string | undefined;
  history: readonly number[] = [];

  constructor(id: string) {
    this.id = id;
  }

  primary(): string | undefined {
    return this.primaryName;
  }
  position(): SessionMark {
    return { txid: BigInt(this.history.length), epoch: this.history.at(-1) ?? 0 };
  }
  standing({ txid, epoch }: SessionMark): Standing {
    if (txid === 0n) return "reached";
    const has = txid <= BigInt(this.history.length);
    if (has && (epoch < 0 || this.history[Number(txid) - 1] === epoch)) return "reached";
    return epoch >= 0 && this.history.some((one) => one > epoch) ? "lost" : "behind";
  }

  /** Adds transactions of an epoch. */
  add(epoch: number, count = 1): void {
    this.history = [...this.history, ...Array<number>(count).fill(epoch)];
  }
  /** Makes this node the primary. */
  lead(epoch: number): void {
    this.isPrimary = true;
    this.epoch = epoch;
    this.primaryName = this.id;
  }
  /** Makes this node a replica of another. */
  follow(name: string | undefined, epoch = this.epoch): void {
    this.isPrimary = false;
    this.epoch = epoch;
    this.primaryName = name;
  }
}
