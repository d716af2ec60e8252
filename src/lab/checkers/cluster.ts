import type { Micros } from "../../trace/record.ts";
import { NameNumbers } from "../../trace/name-numbers.ts";
import type { Plain } from "../../trace/plain.ts";
import type { NodeFacts, RunFacts } from "./facts.ts";

/** Largest difference of clock rates that leases are safe under, in ppm (`rho` = 0.01). */
export const RHO_PPM = 10_000;

/** What one member was configured with; the components' defaults where the scenario is silent. */
export interface MemberSettings {
  readonly electionTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly leases: "strict" | "off";
  /** What an acknowledged write rests on. */
  readonly durability: "quorum" | "async";
  readonly election: "raft" | "static" | "lease";
  /** A learner replicates and is never counted; a witness counts. As the group is founded. */
  readonly isVoter: boolean;
  /** What its vote weighs: 1 unless the scenario says otherwise. */
  readonly weight: number;
}

/** Programs whose nodes are voters of one Raft group. */
const RAFT_PROGRAMS: readonly string[] = ["ha-node", "ryw-proxy", "pos-adapter"];
/** Those of them that are an `ha-node`, or one with something before it. */
const HA_PROGRAMS: readonly string[] = ["ha-node", "ryw-proxy"];

/**
 * The members whose quorum is judged: the nodes of the program that votes, or every node when none does. Clients are never members.
 *
 * Members are numbered in the order of the run's nodes, so views can use flat arrays.
 */
export class Cluster {
  readonly ids: readonly string[];
  readonly settings: readonly MemberSettings[];
  /** Votes that make a strict majority of the voters; exactly half never does. */
  readonly quorum: number;
  readonly voters: number;
  readonly runsHaNode: boolean;
  /** Whose clocks count the leases that members have of a store. */
  readonly leaseStores: ReadonlySet<string>;
  readonly #numbers = new NameNumbers();

  constructor(run: RunFacts) {
    const nodes = run.nodes.filter((node) => node.role === "node");
    const haNodes = nodes.filter((node) => HA_PROGRAMS.includes(node.program));
    const voting = nodes.filter((node) => RAFT_PROGRAMS.includes(node.program));
    const members = voting.length > 0 ? voting : nodes;
    this.runsHaNode = haNodes.length > 0;
    this.leaseStores = new Set(members.flatMap(leaseStoreOf));
    this.ids = members.map((node) => node.id);
    this.settings = members.map(settingsOf);
    this.voters = this.settings.filter((one) => one.isVoter).length;
    this.quorum = Math.floor(this.voters / 2) + 1;
    this.ids.forEach((id, number) => {
      this.#numbers.set(id, number);
    });
  }

  get size(): number {
    return this.ids.length;
  }
  /** Number of a member; −1 for anybody else. */
  number(node: string): number {
    return this.#numbers.get(node);
  }
  id(member: number): string {
    return this.ids[member] as string;
  }
  of(member: number): MemberSettings {
    return this.settings[member] as MemberSettings;
  }
  /** How many other voters a member needs to make a quorum. */
  peersNeeded(member: number): number {
    return this.quorum - (this.of(member).isVoter ? 1 : 0);
  }
  /** The longest election timeout of any member. */
  get electionTimeout(): Micros {
    return 1_000 * Math.max(0, ...this.settings.map((one) => one.electionTimeoutMs));
  }
  /** The shortest heartbeat interval of any member. */
  get heartbeat(): Micros {
    return 1_000 * Math.min(...this.settings.map((one) => one.heartbeatMs));
  }
  get poll(): Micros {
    return 1_000 * Math.max(0, ...this.settings.map((one) => one.pollMs));
  }
  /** Whether writes are acknowledged when one disk has them. */
  get isAsync(): boolean {
    return this.settings.some((one) => one.durability === "async");
  }
  /** Whether the leader is designated, and not elected. */
  get isStatic(): boolean {
    return this.settings.some((one) => one.election === "static");
  }
  /** Whether the leader is whoever has the lease of a store beside the members. */
  get isLeased(): boolean {
    return this.settings.some((one) => one.election === "lease");
  }
  /** Whether votes weigh differently. */
  get isWeighted(): boolean {
    return this.settings.some((one) => one.isVoter && one.weight !== 1);
  }
  get usesLeases(): boolean {
    return this.settings.every((one) => one.leases === "strict");
  }
}

function settingsOf(node: NodeFacts): MemberSettings {
  const electionTimeoutMs = read(node.config, "electionTimeoutMs") ?? 300;
  const election = electionOf(node);
  const ownLeaseMs = read(node.config, "leaseMs") ?? Math.floor((electionTimeoutMs * 3) / 4);
  return {
    electionTimeoutMs,
    heartbeatMs: read(node.config, "heartbeatMs") ?? 50,
    leaseMs: election === "lease" ? (read(node.config, "leaseTtlMs") ?? 10_000) : ownLeaseMs,
    pollMs: read(node.config, "pollMs") ?? 100,
    leases: entry(node.config, "leases") === "off" ? "off" : "strict",
    durability: node.program === "ryw-proxy" || entry(node.config, "durability") === "async" ? "async" : "quorum",
    election,
    isVoter: isVoter(node),
    weight: weightOf(node),
  };
}

function leaseStoreOf(node: NodeFacts): string[] {
  const store = entry(node.config, "leaseStore");
  return electionOf(node) === "lease" && typeof store === "string" ? [store] : [];
}

function electionOf({ config }: NodeFacts): MemberSettings["election"] {
  const election = entry(config, "election");
  return election === "static" || election === "lease" ? election : "raft";
}

/**
 * A learner says so itself (`learner: true`), or every node is told who they are (`learners: [n5]`); told who the voters are,
 * whoever is not among them or the witnesses is none.
 */
function isVoter(node: NodeFacts): boolean {
  const names = (key: string): boolean => {
    const list = entry(node.config, key);
    return Array.isArray(list) && list.includes(node.id);
  };
  if (entry(node.config, "learner") === true || names("learners")) return false;
  return entry(node.config, "voters") === undefined || names("voters") || names("witnesses");
}

function weightOf(node: NodeFacts): number {
  const weights = entry(node.config, "weights");
  return read(weights ?? null, node.id) ?? 1;
}

function entry(config: Plain, key: string): Plain | undefined {
  if (typeof config !== "object" || config === null || Array.isArray(config)) return undefined;
  return (config as { readonly [key: string]: Plain })[key];
}

function read(config: Plain, key: string): number | undefined {
  const value = entry(config, key);
  return typeof value === "number" ? value : undefined;
}
