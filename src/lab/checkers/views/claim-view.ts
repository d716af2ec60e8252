import type { Micros, RecordId, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import type { Cluster } from "../cluster.ts";
import { intOf } from "./fields.ts";

interface Claim {
  readonly value: string;
  readonly since: Micros;
  readonly record: RecordId;
}

/** What members claim about themselves: their latest value of each state, void when their process ends. */
export class ClaimView implements TraceListener {
  readonly triggers = [
    "state:process",
    "state:role",
    "state:fence",
    "state:coordinator",
    "state:failover",
    "state:quorum",
    "state:writable",
    "state:health",
  ];
  readonly #cluster: Cluster;
  readonly #claims: Map<string, Claim>[];
  /** Term of the latest role claim of each member in this incarnation; −1 for none. */
  readonly term: Int32Array;
  /** The highest term in which any member has ever claimed to lead. */
  leaderTermMax = -1;
  /** The highest term in any role claim. */
  termMax = -1;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#claims = cluster.ids.map(() => new Map<string, Claim>());
    this.term = new Int32Array(cluster.size).fill(-1);
  }

  /** The value it claims for `key` now; `""` for none. */
  value(member: number, key: string): string {
    return this.#claims[member]?.get(key)?.value ?? "";
  }
  /** Since when it claims this value (not this value's fields). */
  since(member: number, key: string): Micros {
    return this.#claims[member]?.get(key)?.since ?? Infinity;
  }
  record(member: number, key: string): RecordId {
    return this.#claims[member]?.get(key)?.record ?? -1;
  }
  isLeader(member: number): boolean {
    return this.value(member, "role") === "leader";
  }

  on(record: TraceRecord): void {
    if (record.kind !== "state") return;
    const member = this.#cluster.number(record.node);
    if (member < 0) return;
    const claims = this.#claims[member] as Map<string, Claim>;
    if (record.key === "process") {
      if (record.origin === "world" && record.value === "down") {
        claims.clear();
        this.term[member] = -1;
      }
      return;
    }
    const known = claims.get(record.key);
    const isNewTerm =
      record.key === "role" && known !== undefined && intOf(record.fields["term"]) !== this.term[member];
    if (known === undefined || known.value !== record.value || isNewTerm) {
      claims.set(record.key, { value: record.value, since: record.time, record: record.id });
    }
    if (record.key !== "role") return;
    const term = intOf(record.fields["term"]);
    this.term[member] = term;
    if (term > this.termMax) this.termMax = term;
    if (record.value === "leader" && term > this.leaderTermMax) this.leaderTermMax = term;
  }
}
