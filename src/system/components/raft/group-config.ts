import { LiteFSConfigError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Fields, Plain } from "../../ports/transport.ts";
import { quorumPolicy, type Identity, type QuorumPolicy, type Voter } from "./quorum-policy.ts";

/**
 * `voter`: keeps the log, counts and may lead. `witness`: counts and votes, keeps (term, index) without payload, never leads.
 * `learner`: keeps the log and is not counted; it answers votes, since it may have become a voter without having heard of it.
 */
export type MemberKind = "voter" | "witness" | "learner";

export interface Member extends Voter {
  readonly kind: MemberKind;
  /** What a learner is to become once it has caught up; `""` for one that stays. */
  readonly becomes: "voter" | "witness" | "";
}

/** Who belongs to a group: the content of a configuration entry, in force at a member from the moment it is in its log. */
export interface GroupConfig {
  readonly members: readonly Member[];
  /** The counted members before, while the change to `members` is under way (joint consensus); otherwise empty. */
  readonly old: readonly Member[];
}

/** A configuration, and the entry that brought it: index and term 0 for the founding one. */
export interface ConfigAt {
  readonly index: number;
  readonly term: number;
  readonly config: GroupConfig;
}

/** The group as it is founded, the same at every founder. Default: everybody is a voter of weight 1. */
export interface FoundingGroup {
  /** Default: the node and its peers, but those named below. Nodes named nowhere may be added later. */
  readonly voters?: readonly NodeId[];
  readonly witnesses?: readonly NodeId[];
  readonly learners?: readonly NodeId[];
  /** Weights of voters and witnesses, integers from 0 to 255; 1 where nothing is said. */
  readonly weights?: Readonly<Record<string, number>>;
}

/** What an operator asks for. */
export interface GroupChange {
  readonly addVoters?: readonly NodeId[];
  readonly addWitnesses?: readonly NodeId[];
  readonly addLearners?: readonly NodeId[];
  readonly remove?: readonly NodeId[];
  readonly weights?: Readonly<Record<string, number>>;
}

const WEIGHT_MAX = 255;

/** @throws {LiteFSConfigError} `RAFT_GROUP` when no quorum could ever be, or a node is named twice. */
export function foundingConfig(nodes: readonly NodeId[], group: FoundingGroup = {}): GroupConfig {
  const { witnesses = [], learners = [], weights = {} } = group;
  const voters = group.voters ?? nodes.filter((id) => !witnesses.includes(id) && !learners.includes(id));
  const members = [
    ...voters.map((id) => memberOf(id, "voter", weights[id])),
    ...witnesses.map((id) => memberOf(id, "witness", weights[id])),
    ...learners.map((id) => memberOf(id, "learner")),
  ];
  const config = { members: sortMembers(members), old: [] };
  const problem = problemOf(config);
  if (problem !== undefined) throw new LiteFSConfigError("RAFT_GROUP", `${problem}.`, { ...group });
  return config;
}

export function memberOf(id: NodeId, kind: MemberKind, weight = 1): Member {
  return { id, disk: "", kind, weight, becomes: "" };
}

/** The configuration a change leads to from one that is settled, or why it may not be made. Who is added to vote begins as a learner. */
export function changeGroup(config: GroupConfig, change: GroupChange): GroupConfig | string {
  const { addVoters = [], addWitnesses = [], addLearners = [], remove = [], weights = {} } = change;
  const members = new Map<NodeId, Member>(config.members.map((member) => [member.id, member]));
  for (const id of remove) if (!members.delete(id)) return `${id} is not a member`;
  const added = [
    ...addVoters.map((id) => [id, "voter"] as const),
    ...addWitnesses.map((id) => [id, "witness"] as const),
    ...addLearners.map((id) => [id, ""] as const),
  ];
  for (const [id, becomes] of added) {
    const known = members.get(id);
    if (known !== undefined && (known.kind !== "learner" || becomes === "witness")) {
      return `${id} is a ${known.kind} already; remove it first`;
    }
    members.set(id, { ...(known ?? memberOf(id, "learner", weights[id])), becomes });
  }
  for (const [id, weight] of Object.entries(weights)) {
    const known = members.get(id as NodeId);
    if (known === undefined) return `${id} is not a member`;
    members.set(known.id, { ...known, weight });
  }
  const changed = joinFrom(config, [...members.values()]);
  return problemOf(changed) ?? changed;
}

/** The next configuration: joint with the present voters when they are not the same, with the same weights. */
export function joinFrom(config: GroupConfig, members: readonly Member[]): GroupConfig {
  const sorted = sortMembers(members);
  const before = countedOf(config);
  const after = sorted.filter(isCounted);
  const isSame =
    before.length === after.length &&
    before.every((one, i) => isSameIdentity(one, after[i] as Member) && one.weight === after[i]?.weight);
  return { members: sorted, old: isSame ? [] : before };
}

/** The counted members of a configuration; of a joint one, those it leads to. */
export function countedOf(config: GroupConfig): readonly Member[] {
  return config.members.filter(isCounted);
}

export function policyOf(config: GroupConfig): QuorumPolicy {
  return quorumPolicy(countedOf(config), config.old);
}

/** The member of either side that an identity is, the newer side first; `undefined` for a stranger. */
export function findMember(config: GroupConfig, { id, disk }: Identity): Member | undefined {
  const isIt = (member: Member): boolean => member.id === id && member.disk === disk;
  return config.members.find(isIt) ?? config.old.find(isIt);
}

/** Everybody who is told of new entries: the members of both sides, each name once. */
export function namesOf(config: GroupConfig): readonly NodeId[] {
  return [...new Set([...config.members, ...config.old].map(({ id }) => id))];
}

/** Whether entries go to a node without their payload. */
export function keepsNoPayload(config: GroupConfig, id: NodeId): boolean {
  const member = config.members.find((one) => one.id === id) ?? config.old.find((one) => one.id === id);
  return member?.kind === "witness" || member?.becomes === "witness";
}

/** Facts of the record `raft.config`: names, separated by commas, with the disk behind a slash where it is not a founder's. */
export function describeConfig({ members, old }: GroupConfig): Fields {
  const of = (kind: MemberKind): string => listOf(members.filter((member) => member.kind === kind));
  const counted = members.filter(isCounted);
  const weighted = [...counted, ...old].some(({ weight }) => weight !== 1);
  return {
    voters: listOf(counted),
    old: listOf(old),
    learners: of("learner"),
    witnesses: of("witness"),
    weights: weighted ? weightsOf(counted) : "",
    oldWeights: weighted ? weightsOf(old) : "",
    phase: old.length > 0 ? "joint" : "final",
  };
}

/** A configuration as the command of an entry, and back. */
export function toCommand(config: GroupConfig): Plain {
  return config as unknown as Plain;
}
export function fromCommand(command: Plain): GroupConfig {
  return command as unknown as GroupConfig;
}

function problemOf({ members, old }: GroupConfig): string | undefined {
  const names = new Set(members.map(({ id }) => id));
  if (names.size !== members.length) return "A node is named twice in the group";
  for (const { id, weight } of members) {
    if (!Number.isInteger(weight) || weight < 0 || weight > WEIGHT_MAX)
      return `The weight of ${id} must be an integer from 0 to ${String(WEIGHT_MAX)}; got ${String(weight)}`;
  }
  const counted = members.filter(isCounted);
  if (counted.every(({ weight }) => weight === 0)) return "The group needs voters with a weight above 0";
  if (!counted.some(({ kind }) => kind === "voter")) return "The group needs a voter that may lead";
  return old.length > 0 && old.every(({ weight }) => weight === 0) ? "The voters before had no weight" : undefined;
}

function isCounted({ kind }: Member): boolean {
  return kind !== "learner";
}

function isSameIdentity(a: Identity, b: Identity): boolean {
  return a.id === b.id && a.disk === b.disk;
}

function listOf(members: readonly Identity[]): string {
  return members.map(({ id, disk }) => (disk === "" ? id : `${id}/${disk}`)).join(",");
}

function weightsOf(members: readonly Voter[]): string {
  return members.map(({ weight }) => weight).join(",");
}

function sortMembers(members: readonly Member[]): readonly Member[] {
  return [...members].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
