import type { NodeEnv, NodeId } from "../../ports/node.ts";
import type { RaftLeaderElectionPort } from "../../ports/leader-election.ts";
import { LiteFSConfigError } from "../../ports/errors.ts";
import { RedisLock } from "../../components/lock/redis-lock.ts";
import { votersOf } from "../../components/raft/raft-config.ts";
import { RedisLeaseNotes } from "../../components/replication/lease-notes.ts";
import type { DataStanding } from "../../components/replication/lease-record.ts";
import type { Leaser } from "../../components/replication/leaser.ts";
import { LockLeaser } from "../../components/replication/lock-leaser.ts";
import { formatPosition, START } from "../../components/replication/position.ts";
import { SimRedisClient } from "../redis/client.ts";
import type { ResolvedHaNodeConfig } from "./config.ts";
import { LeaseElection, type LeaseElectionHooks } from "./lease-election.ts";
import { LeaseHandoff } from "./lease-handoff.ts";
import { SharedPosition } from "./shared-position.ts";
import type { StoreBackend } from "./store-backend.ts";

interface LeaseHooks extends LeaseElectionHooks {
  isReachable(peer: NodeId): boolean;
  isTransferTarget(peer: NodeId): boolean;
}

interface LeaseParts {
  readonly election: LeaseElection;
  readonly port: RaftLeaderElectionPort;
  readonly store: StoreBackend;
}

/** The lock that is the lease of all who share a store. */
const KEY = "ha-node";

/**
 * An election by leases of a Redis, with a store that follows its leaser.
 *
 * @throws {LiteFSConfigError} `HA_NODE_CONFIG` for a combination that cannot work.
 */
export function leaseParts(
  env: NodeEnv,
  config: ResolvedHaNodeConfig,
  hooks: LeaseHooks,
  storeOf: (leaser: Leaser) => StoreBackend,
): LeaseParts {
  const { id, peers, clock, timers, random, observer, transport } = env;
  check(env, config);
  const { leaseTtlMs: ttlMs, electionTimeoutMs } = config;
  const timeoutMs = Math.max(1, Math.floor(ttlMs / 4));
  const redis = new SimRedisClient({ server: config.leaseStore as NodeId, transport, timers, random, timeoutMs });
  const lock = new RedisLock({ redis, clock, timers, random, observer });
  const notes = new RedisLeaseNotes(redis, KEY);
  const shared = new SharedPosition(transport, peers);
  const leaser: LockLeaser = new LockLeaser({
    ...{ id, lock, notes, clock, timers, key: KEY, ttlMs },
    standing: () => standingOf(store),
    shared: () => shared.of(election.term),
  });
  const members = votersOf(id, peers);
  const mayLead = (): boolean => hooks.mayCampaign() && store.canRead;
  const election: LeaseElection = new LeaseElection({
    ...{ id, members, leaser, clock, timers, observer, electionTimeoutMs },
    hooks: { ...hooks, mayCampaign: mayLead },
  });
  const handoff = new LeaseHandoff({
    ...{ id, election, leaser, timers, observer },
    position: () => formatPosition(standingOf(store).position),
    flush: () => store.flush(),
    mayTake: () => mayLead() && store.isReconciled,
    target: () => peers.find((peer) => hooks.isReachable(peer) && hooks.isTransferTarget(peer)),
    send: (to, message) => {
      transport.send(to, message);
    },
  });
  election.connect(handoff);
  transport.subscribe((from, message) => {
    if (!peers.includes(from)) return;
    if (message.type.startsWith("lease.")) handoff.receive(from, message);
    else if (message.type === "detector.ping" && message["leads"] === true)
      election.hear(from, message["term"] as number);
  });
  const store = storeOf(leaser);
  return { election, port: election, store };
}

function standingOf(store: StoreBackend): DataStanding {
  const database = store.replication?.database;
  const position = database?.appliedPosition ?? START;
  const mark = database?.marks.find((one) => one.position.txid >= position.txid);
  return { maxEpoch: store.maxEpoch, epoch: mark?.epoch ?? 0, position };
}

function check({ id, peers }: NodeEnv, config: ResolvedHaNodeConfig): void {
  const { election, leaseStore, durability, promotion, leases } = config;
  const refuse = (reason: string): never => {
    const facts = { election, leaseStore, durability, promotion, leases };
    throw new LiteFSConfigError("HA_NODE_CONFIG", `${reason}.`, facts);
  };
  if (durability !== "async") refuse("election: lease has no quorum to write to; set durability: async");
  if (leaseStore === "") refuse("election: lease needs leaseStore, the node that keeps the lease");
  if (leaseStore === id || peers.includes(leaseStore as NodeId))
    refuse(`leaseStore: ${leaseStore} is one of the nodes that want the lease`);
  if (promotion === "immediate" || leases === "off")
    refuse("election: lease decides who writes; promotion: immediate and leases: off would let others write too");
}
