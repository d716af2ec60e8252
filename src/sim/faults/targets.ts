import { z } from "zod";
import type { RngStream } from "../kernel/rng.ts";
import type { SimNode } from "../process/sim-node.ts";
import type { BoardEntry } from "../state-board.ts";

/** Name of a node: the ports' brand, which this room does not import. */
export type NodeId = SimNode["id"];
/** A node's name, or a role that is resolved when the fault starts. */
export type Target = string;

const ROLES = ["leader", "followers", "any-follower", "minority", "half", "majority", "all", "rest"] as const;
const RANDOM = /^random\((\d+)\)$/;
const PROGRAM = /^program\(([a-z][a-z0-9-]*)\)$/;

export const targetSchema = z
  .string({ error: "a node, or a role" })
  .regex(/^(random\([1-9]\d*\)|program\([a-z][a-z0-9-]*\)|[a-z][a-z0-9-]{0,31})$/, {
    error: "a node as n1, or a role as leader, random(2) or program(redis)",
  })
  .describe(
    `A node, or one of ${ROLES.join(", ")}, random(k), program(NAME) (whoever runs it): resolved when the fault starts.`,
  );

/** Whether a target is known only when its fault starts. */
export function isRole(target: Target): boolean {
  return ROLES.some((role) => role === target) || RANDOM.test(target) || PROGRAM.test(target);
}

/** A cluster as far as targets look at it. */
export interface TargetWorld {
  readonly nodes: readonly TargetNode[];
  node(id: string): TargetNode;
  readonly board: { get(node: NodeId, key: string): Pick<BoardEntry, "value" | "fields"> | undefined };
}
export type TargetNode = Pick<SimNode, "id" | "role" | "state" | "program">;

/** What the targets of one fault meant when it started. */
export interface ResolvedTargets {
  /** Nodes of each group, in the order in which its targets name them, none twice. */
  readonly groups: readonly (readonly NodeId[])[];
  /** What each role meant; of one that was named several times, all of it. */
  readonly roles: Readonly<Record<string, readonly NodeId[]>>;
}

// Who is fixed goes first, so that who is drawn is somebody else; `rest` is whoever nobody named.
const ORDER = [
  ["leader"],
  ["program"],
  ["all"],
  ["followers"],
  ["any-follower"],
  ["minority"],
  ["half"],
  ["majority", "random"],
  ["rest"],
];

/**
 * Resolves the targets of one fault. Drawn roles (`any-follower`, `minority`, `half`, `majority`, `random(k)`) mean nodes which nothing
 * else in the fault names, as far as there are enough; `any-follower` and `random(k)` are drawn anew each time they are named,
 * every other role is the same wherever it stands. Clients are meant only by name.
 *
 * @returns `undefined` while a role cannot be resolved, because nobody leads, or nobody runs a program.
 */
export function resolveTargets(
  groups: readonly (readonly Target[])[],
  cluster: TargetWorld,
  random: RngStream,
): ResolvedTargets | undefined {
  const resolution = new Resolution(cluster, random, groups.flat());
  const meanings = groups.map((group) =>
    group.map((target) => (isRole(target) ? undefined : [cluster.node(target).id])),
  );
  for (const roles of ORDER) {
    for (const [g, group] of groups.entries()) {
      for (const [t, target] of group.entries()) {
        if (!roles.includes(RANDOM.test(target) ? "random" : PROGRAM.test(target) ? "program" : target)) continue;
        const meant = resolution.resolve(target);
        if (meant === undefined) return undefined;
        (meanings[g] as (readonly NodeId[])[])[t] = meant;
      }
    }
  }
  return {
    groups: meanings.map((group) => [...new Set((group as (readonly NodeId[])[]).flat())]),
    roles: Object.fromEntries(resolution.roles),
  };
}

/** The node that leads: up, says so, and of the highest term. */
export function findLeader(cluster: TargetWorld): NodeId | undefined {
  let leader: NodeId | undefined;
  let highest = -1;
  for (const node of membersOf(cluster)) {
    const role = cluster.board.get(node.id, "role");
    const term = Number(role?.fields["term"] ?? 0);
    if (node.state !== "up" || role?.value !== "leader" || term <= highest) continue;
    leader = node.id;
    highest = term;
  }
  return leader;
}

/** The nodes that are members of the cluster: no clients. */
export function membersOf(cluster: Pick<TargetWorld, "nodes">): readonly TargetNode[] {
  return cluster.nodes.filter((node) => node.role === "node");
}

class Resolution {
  readonly roles = new Map<string, readonly NodeId[]>();
  readonly #cluster: TargetWorld;
  readonly #random: RngStream;
  readonly #members: readonly NodeId[];
  /** Nodes that something in this fault means already. */
  readonly #named: Set<string>;

  constructor(cluster: TargetWorld, random: RngStream, targets: readonly Target[]) {
    this.#cluster = cluster;
    this.#random = random;
    this.#members = membersOf(cluster).map((node) => node.id);
    this.#named = new Set(targets.filter((target) => !isRole(target)));
  }

  resolve(role: Target): readonly NodeId[] | undefined {
    const known = this.roles.get(role);
    const isDrawnAnew = role === "any-follower" || RANDOM.test(role);
    if (known !== undefined && !isDrawnAnew) return known;
    const meant = this.#meaningOf(role);
    if (meant === undefined) return undefined;
    this.roles.set(role, [...(known ?? []), ...meant]);
    // Everybody is no reason to leave nobody to the others.
    if (role !== "all") for (const id of meant) this.#named.add(id);
    return meant;
  }

  #meaningOf(role: Target): readonly NodeId[] | undefined {
    const count = this.#members.length;
    const program = PROGRAM.exec(role)?.[1];
    if (program !== undefined) return this.#running(program);
    switch (role) {
      case "leader":
        return listOf(findLeader(this.#cluster));
      case "followers":
        return this.#followers();
      case "any-follower": {
        const free = this.#followers()?.filter((id) => !this.#named.has(id)) ?? [];
        return free.length === 0 ? undefined : this.#draw(1, free);
      }
      case "minority":
        return this.#draw(Math.floor((count - 1) / 2), this.#members);
      case "half":
        return this.#draw(Math.floor(count / 2), this.#members);
      case "majority":
        return this.#draw(Math.floor(count / 2) + 1, this.#members);
      case "all":
        return this.#members;
      case "rest":
        return this.#members.filter((id) => !this.#named.has(id));
      default:
        return this.#draw(Number(RANDOM.exec(role)?.[1]), this.#members);
    }
  }

  /** Nodes that run a program, whether they are up or not; `undefined` for nobody. */
  #running(program: string): readonly NodeId[] | undefined {
    const ids = this.#cluster.nodes.filter((node) => node.program === program).map((node) => node.id);
    return ids.length === 0 ? undefined : ids;
  }

  /** Nodes that are up and follow, while somebody leads. */
  #followers(): readonly NodeId[] | undefined {
    if (findLeader(this.#cluster) === undefined) return undefined;
    return this.#members.filter(
      (id) => this.#cluster.node(id).state === "up" && this.#cluster.board.get(id, "role")?.value === "follower",
    );
  }

  /** `count` of the ids, in their order; first of those nothing names. */
  #draw(count: number, ids: readonly NodeId[]): readonly NodeId[] {
    const free = ids.filter((id) => !this.#named.has(id));
    const pool = free.length >= count ? free : [...ids];
    const drawn = new Set<NodeId>();
    while (drawn.size < count && pool.length > 0) {
      const [id] = pool.splice(this.#random.integer(0, pool.length - 1), 1);
      drawn.add(id as NodeId);
    }
    return ids.filter((id) => drawn.has(id));
  }
}

function listOf<T>(value: T | undefined): readonly T[] | undefined {
  return value === undefined ? undefined : [value];
}
