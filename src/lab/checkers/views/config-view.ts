import type { PointRecord, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import type { Cluster } from "../cluster.ts";
import { intOf, textOf } from "./fields.ts";

/** Those who count on one side of a configuration: numbers of members, the disks their promises are on, their weights. */
export interface VoterSide {
  readonly members: readonly number[];
  readonly disks: readonly string[];
  readonly weights: readonly number[];
  readonly total: number;
  /** The same as text: sides of one text are equal. */
  readonly text: string;
}

/** A configuration of the group. While it is joint, a quorum of each side is asked for. */
export interface ConfigInForce {
  readonly index: number;
  readonly term: number;
  readonly voters: VoterSide;
  readonly old: VoterSide | undefined;
  /** Names of those who are told and do not count. */
  readonly learners: string;
}

/** What is wrong with a configuration that a node put in force, in a few words. */
export type ConfigFault = string | undefined;

/**
 * The configuration in force at each member: the founding one, as the scenario has it, until the node says that its log holds
 * another. What a node says is held against what others said of the same entry, and against the step before it.
 */
export class ConfigView implements TraceListener {
  readonly triggers = ["point:raft.config", "state:process"];
  readonly #cluster: Cluster;
  readonly #founding: ConfigInForce;
  readonly #inForce: ConfigInForce[];
  /** Configuration entries by index and term. */
  readonly #known = new Map<string, ConfigInForce>();
  /** Whether any configuration but the founding one was ever in force. */
  hasChanged = false;
  /** What was wrong with the last one that was put in force. */
  lastFault: ConfigFault;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const members = cluster.ids.flatMap((_, member) => (cluster.of(member).isVoter ? [member] : []));
    const weights = members.map((member) => cluster.of(member).weight);
    this.#founding = {
      index: 0,
      term: 0,
      voters: sideOf(
        members,
        members.map(() => ""),
        weights,
      ),
      old: undefined,
      learners: "",
    };
    this.#inForce = cluster.ids.map(() => this.#founding);
  }

  of(member: number): ConfigInForce {
    return this.#inForce[member] as ConfigInForce;
  }

  on(record: TraceRecord): void {
    const member = this.#cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "point") this.#onConfig(member, record);
    // A node that starts again says what its log holds, if that is not the founding one.
    else if (record.kind === "state" && record.value === "down") this.#inForce[member] = this.#founding;
  }

  #onConfig(member: number, record: PointRecord): void {
    const config = this.#read(record);
    const before = this.of(member);
    this.hasChanged = true;
    this.#inForce[member] = config;
    this.lastFault = undefined;
    const key = `${String(config.index)}/${String(config.term)}`;
    const known = config.index === 0 ? this.#founding : this.#known.get(key);
    if (known === undefined) {
      this.#known.set(key, config);
      if (config.index <= before.index)
        this.lastFault = "it stands before the one that was in force, and nobody knew it";
      else if (!isStep(before, config)) this.lastFault = "its quorums need not meet those of the one before";
    } else if (!isSame(known, config)) {
      this.lastFault = "the entry holds another one elsewhere";
    }
  }

  #read({ fields }: PointRecord): ConfigInForce {
    const side = (names: string, weights: string): VoterSide | undefined => {
      const listed = textOf(fields[names]);
      if (listed === "") return undefined;
      const parts = listed.split(",").map((name) => name.split("/"));
      const given = textOf(fields[weights]);
      return sideOf(
        parts.map(([id]) => this.#cluster.number(id as string)),
        parts.map(([, disk]) => disk ?? ""),
        given === "" ? parts.map(() => 1) : given.split(",").map(Number),
      );
    };
    return {
      index: intOf(fields["index"]),
      term: intOf(fields["term"]),
      voters: side("voters", "weights") ?? sideOf([], [], []),
      old: side("old", "oldWeights"),
      learners: textOf(fields["learners"]),
    };
  }
}

/** The weight of those of a side of whom `has` is true. */
export function weightOf(side: VoterSide, has: (member: number, disk: string) => boolean): number {
  let weight = 0;
  for (let i = 0; i < side.members.length; i++)
    if (has(side.members[i] as number, side.disks[i] as string)) weight += side.weights[i] as number;
  return weight;
}

function sideOf(members: readonly number[], disks: readonly string[], weights: readonly number[]): VoterSide {
  const parts = members.map((member, i) => `${String(member)}/${disks[i] ?? ""}=${String(weights[i])}`);
  const text = parts.sort().join(" ");
  return { members, disks, weights, total: weights.reduce((sum, weight) => sum + weight, 0), text };
}

function isSame(known: ConfigInForce, config: ConfigInForce): boolean {
  // The founding one is the scenario's, which names its learners elsewhere.
  const isOfSameLearners = known.index === 0 || known.learners === config.learners;
  return known.voters.text === config.voters.text && known.old?.text === config.old?.text && isOfSameLearners;
}

/** Joint consensus: voters change only by way of a configuration that asks both sides. */
function isStep(before: ConfigInForce, next: ConfigInForce): boolean {
  if (next.old !== undefined) return before.old === undefined && next.old.text === before.voters.text;
  return next.voters.text === before.voters.text;
}
