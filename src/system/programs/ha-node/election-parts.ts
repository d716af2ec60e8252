import type { RaftLeaderElectionPort } from "../../ports/leader-election.ts";
import { LiteFSConfigError, type SplitBrainDetectedError } from "../../ports/errors.ts";
import type { NodeEnv, NodeId } from "../../ports/node.ts";
import { votersOf } from "../../components/raft/raft-config.ts";
import { RaftLeaderElection } from "../../components/raft/raft-election-port.ts";
import { RaftNode, type RaftOptions } from "../../components/raft/raft-node.ts";
import type { StateMachinePort } from "../../components/raft/state-machine-port.ts";
import { KvStore } from "../../components/replication/kv-store.ts";
import type { Leaser } from "../../components/replication/leaser.ts";
import { QuorumDatabase } from "../../components/replication/quorum-database.ts";
import { RaftLeaser } from "../../components/replication/raft-leaser.ts";
import { StaticLeaser } from "../../components/replication/static-leaser.ts";
import { AsyncStore, type DatabaseMachine } from "./async-store.ts";
import type { ResolvedHaNodeConfig } from "./config.ts";
import type { Election } from "./election.ts";
import { leaseParts } from "./lease-parts.ts";
import { QuorumDatabaseStore } from "./quorum-database-store.ts";
import { QuorumStore } from "./quorum-store.ts";
import { StaticElection } from "./static-election.ts";
import type { StoreBackend } from "./store-backend.ts";

/** What an election asks of its node. */
export interface ElectionHooks extends Required<
  Pick<RaftOptions, "mayCampaign" | "isTransferTarget" | "onRoleChange" | "onLeaseChange" | "onReady">
> {
  isReachable(peer: NodeId): boolean;
  isHolding(): boolean;
  /** Whether the gate lets writes in now. */
  mayWrite(): boolean;
  /** The store was to go back to the others' history, and there is no way. */
  onStuck(error: SplitBrainDetectedError): void;
}

/** The election and the store that a configuration asks for: they are made together, as a store may live in the election's log. */
export interface ElectionParts {
  readonly election: Election;
  readonly port: RaftLeaderElectionPort;
  readonly store: StoreBackend;
}

/**
 * @param machine  What holds the data. Default: keys and values in memory.
 * @throws {LiteFSConfigError} `HA_NODE_CONFIG` for a combination that cannot work.
 */
export function electionParts(
  env: NodeEnv,
  config: ResolvedHaNodeConfig,
  hooks: ElectionHooks,
  machine?: DatabaseMachine,
): ElectionParts {
  const { id, peers, observer } = env;
  const { retentionMs, halt } = config;
  if (halt !== undefined && config.durability !== "async")
    throw refused("halt: the log has no replica that could post a transaction; set durability: async", config);
  const asyncStore = (leaser: Leaser): AsyncStore =>
    new AsyncStore({
      ...{ env, leaser, retentionMs, halt },
      mayWrite: () => hooks.mayWrite(),
      ...(machine && { machine }),
      resync: config.strategy === "rollback_to_checkpoint" ? "rollback" : "snapshot",
      onStuck: (error) => {
        hooks.onStuck(error);
      },
    });
  if (config.election === "static") {
    const primary = config.primary as NodeId;
    const members = votersOf(id, peers);
    if (config.durability !== "async")
      throw refused("election: static has no quorum to write to; set durability: async", config);
    if (!members.includes(primary))
      throw refused(`primary: ${primary || '""'} is not one of ${members.join(", ")}`, config);
    const election = new StaticElection({ id, members, primary, observer });
    return { election, port: election, store: asyncStore(new StaticLeaser({ id, primary })) };
  }
  if (config.election === "lease") return leaseParts(env, config, hooks, asyncStore);
  if (config.durability === "async") {
    const raft: RaftNode = new RaftNode({
      ...raftOptions(env, config, hooks),
      apply: (entry) => leaser.apply(entry),
      snapshot: () => leaser.snapshot(),
      restore: (state) => {
        leaser.restore(state);
      },
    });
    const leaser = new RaftLeaser({ id, raft, timers: env.timers });
    return { election: raft, port: portOf(raft, hooks), store: asyncStore(leaser) };
  }
  if (machine !== undefined) {
    const database = new QuorumDatabase({ machine });
    const raft = new RaftNode({ ...raftOptions(env, config, hooks), apply: (entry) => database.apply(entry) });
    return { election: raft, port: portOf(raft, hooks), store: new QuorumDatabaseStore({ env, raft, database }) };
  }
  const kv = new KvStore({ observer });
  const raft = new RaftNode({
    ...raftOptions(env, config, hooks),
    apply: (entry) => kv.apply(entry),
    snapshot: () => kv.snapshot(),
    restore: (state) => {
      kv.restore(state);
    },
  });
  return {
    election: raft,
    port: portOf(raft, hooks),
    store: new QuorumStore({ raft, store: kv, reads: config.reads }),
  };
}

function raftOptions(
  env: NodeEnv,
  config: ResolvedHaNodeConfig,
  hooks: ElectionHooks,
): Omit<RaftOptions, keyof StateMachinePort> {
  const { id, peers, incarnation, clock, timers, random, disk, observer, transport } = env;
  return {
    id,
    peers,
    incarnation,
    clock,
    timers,
    random,
    disk,
    observer,
    send: (to, message) => {
      transport.send(to, message);
    },
    config,
    group: config.group,
    mayCampaign: () => hooks.mayCampaign(),
    isTransferTarget: (peer) => hooks.isTransferTarget(peer),
    onRoleChange: (role) => {
      hooks.onRoleChange(role);
    },
    onLeaseChange: (isValid) => {
      hooks.onLeaseChange(isValid);
    },
    onReady: (term) => {
      hooks.onReady(term);
    },
  };
}

function portOf(raft: RaftNode, hooks: ElectionHooks): RaftLeaderElectionPort {
  return new RaftLeaderElection({
    raft,
    isReachable: (peer) => hooks.isReachable(peer),
    isHolding: () => hooks.isHolding(),
  });
}

function refused(reason: string, { election, durability, primary }: ResolvedHaNodeConfig): LiteFSConfigError {
  return new LiteFSConfigError("HA_NODE_CONFIG", `${reason}.`, { election, durability, primary });
}
