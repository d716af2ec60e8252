import { DiskError, FailStopError, LiteFSConfigError } from "../../ports/errors.ts";
import type { NodeEnv, NodeId, Program, RunningProgram } from "../../ports/node.ts";
import type { Message } from "../../ports/transport.ts";
import { PingFailureDetector } from "../../components/failure-detector/ping-failure-detector.ts";
import { FailoverCoordinator } from "../../components/failover/failover-coordinator.ts";
import { WriteGate } from "../../components/failover/write-gate.ts";
import { leaseWaitMs, PromotionGuard } from "../../components/failover/promotion-guard.ts";
import { raftConfig } from "../../components/raft/raft-config.ts";
import { ClaimBook, type DualLeader } from "../../components/split-brain/claim-book.ts";
import {
  diskLatencySource,
  diskSpaceSource,
  HealthMonitor,
  replicationLagSource,
} from "../../components/split-brain/health-monitor.ts";
import { LeaderWatchdog } from "../../components/split-brain/leader-watchdog.ts";
import { claimedHealth, PeerHealth } from "../../components/split-brain/peer-health.ts";
import { SplitBrainCoordinator, type SplitBrainEvent } from "../../components/split-brain/split-brain-coordinator.ts";
import { SplitBrainDetector } from "../../components/split-brain/split-brain-detector.ts";
import { TimerLag } from "../../components/split-brain/timer-lag.ts";
import { WriteFence } from "../../components/split-brain/write-fence.ts";
import { RemoteIsolation } from "../isolation-device/client.ts";
import { resolveHaNodeConfig, type HaNodeConfig, type ResolvedHaNodeConfig } from "./config.ts";
import type { Election } from "./election.ts";
import { GuardedFront } from "./guarded-front.ts";
import { takeOrder } from "./orders.ts";
import { electionParts } from "./election-parts.ts";
import { KvServer } from "./kv-server.ts";
import { SafeEnd } from "./safe-end.ts";
import type { ReplicationFacts, StoreBackend } from "./store-backend.ts";

/** How often a node tells what it has heard of its peers. */
const REPORT_MS = 1_000;
/** A replica that is further behind is degraded (LiteFS's health check says 503 then). */
const LAG_MS_MAX = 10_000;

/**
 * A highly available node: Raft election and log, failure detector, write fence, split-brain and failover coordinators around a
 * key-value store, which a quorum commits or, by configuration, a primary alone.
 */
export const haNode: Program<HaNodeConfig> = {
  name: "ha-node",
  start: (env: NodeEnv, config: HaNodeConfig): RunningProgram => startHaNode(env, config),
};

/** What a program that puts something before an `ha-node` may ask it. */
export interface HaNodeFacts {
  /** Whether writes are let in here now. */
  readonly isPrimary: boolean;
  /** Of the leadership that is known here; of its own while writes are let in. */
  readonly epoch: number;
  /** Who leads, or is about to; `""` while nobody is known to. */
  readonly leader: string;
  /** With `durability: async`. */
  readonly replication: ReplicationFacts | undefined;
}

/** Starts an {@link haNode} as a part of a program of more parts. */
export function startHaNode(env: NodeEnv, config: HaNodeConfig): RunningProgram & { readonly facts: HaNodeFacts } {
  const node = new HaNode(env, resolveHaNodeConfig(config));
  void node.open();
  return {
    facts: node,
    stop: () => {
      node.stop();
    },
    control: (order) => {
      node.control(order);
    },
  };
}

class HaNode implements HaNodeFacts {
  readonly #env: NodeEnv;
  readonly #config: ResolvedHaNodeConfig;
  readonly #store: StoreBackend;
  readonly #election: Election;
  readonly #failureDetector: PingFailureDetector;
  readonly #detector: SplitBrainDetector;
  readonly #claims = new ClaimBook();
  readonly #fence: WriteFence;
  readonly #failover: FailoverCoordinator;
  readonly #gate: WriteGate;
  readonly #health: HealthMonitor;
  readonly #peerHealth: PeerHealth;
  readonly #lag: TimerLag;
  readonly #safeEnd: SafeEnd;
  readonly #watchdog: LeaderWatchdog | undefined;
  readonly #kv: KvServer;
  readonly #isolation: RemoteIsolation | undefined;
  /** Asked only where writes are acknowledged before others have them. */
  readonly #promotion: PromotionGuard | undefined;
  /** A primary goes on until it hears of a newer one, whoever still hears it: `promotion: immediate`. */
  readonly #isSticky: boolean;
  /** The last other node that was known to lead; `""` for none. */
  #lastRival: NodeId | "" = "";
  #coordinator: SplitBrainCoordinator | undefined;
  #front: GuardedFront | undefined;
  #reportedDual = "";
  #reportAtMs = 0;
  #isPromoting = false;
  #isGone = false;
  /** Since when this node is fenced and without a quorum. */
  #aloneSinceMs = 0;

  constructor(env: NodeEnv, config: ResolvedHaNodeConfig) {
    this.#env = env;
    this.#config = config;
    const { id, peers, clock, timers, disk, observer, transport } = env;
    const send = (to: NodeId, message: Message): void => {
      transport.send(to, message);
    };
    const isAsync = config.durability === "async";
    this.#isSticky = isAsync && config.promotion === "immediate";
    const { election, port, store } = electionParts(env, config, {
      mayCampaign: () => this.#health.getHealthStatus().isHealthy && !this.#safeEnd.strategies.isEnding,
      onRoleChange: () => {
        this.#onRoleChange();
      },
      onLeaseChange: (isValid) => {
        this.#onLeaseChange(isValid);
      },
      onReady: () => {
        this.#promote();
      },
      isReachable: (peer) => this.#failureDetector.available(peer),
      isHolding: () => this.#failureDetector.isHolding,
      isTransferTarget: (peer) => this.#peerHealth.isTransferTarget(peer),
      onStuck: (error) => {
        void this.#safeEnd.strategies.shutDown(error.message);
      },
    });
    this.#election = election;
    this.#store = store;
    this.#failureDetector = new PingFailureDetector({
      id,
      peers,
      clock,
      timers,
      observer,
      send,
      kind: config.detector,
      heartbeatMs: config.heartbeatMs,
      electionTimeoutMs: config.electionTimeoutMs,
      claim: () => this.#claim(),
      onClaim: (peer, claim) => {
        this.#peerHealth.heard(peer, claimedHealth(claim));
        this.#claims.heard(peer, { term: claim["term"] as number, leads: claim["leads"] as boolean });
      },
    });
    this.#detector = new SplitBrainDetector({ raft: port, failureDetector: this.#failureDetector });
    const { electionTimeoutMs, heartbeatMs, pollMs } = config;
    this.#peerHealth = new PeerHealth({ clock, heartbeatMs });
    this.#lag = new TimerLag({ clock, periodMs: pollMs, electionTimeoutMs });
    this.#health = new HealthMonitor({
      clock,
      observer,
      sources: [
        diskSpaceSource({ isFull: () => this.#election.isDiskFull }),
        diskLatencySource({ writeMs: () => this.#election.diskWriteMs, electionTimeoutMs }),
        this.#lag,
        replicationLagSource({ lagMs: () => this.#store.lagMs, maxMs: LAG_MS_MAX }),
      ],
    });
    this.#fence = new WriteFence({
      id,
      disk,
      observer,
      mayWrite: (epoch) =>
        this.#election.term === epoch &&
        this.#election.hasLease &&
        this.#election.isReady &&
        this.#detector.hasQuorum(),
      onChange: () => {
        this.#gate.observe();
        this.#watchdog?.update();
      },
    });
    this.#failover = new FailoverCoordinator({
      leaderElection: port,
      observer,
      epoch: () => this.#election.term,
      canBecomeLeader: () =>
        this.#election.hasLease && this.#election.isReady && this.#fence.openEpoch === this.#election.term,
    });
    this.#gate = new WriteGate({
      observer,
      leases: this.#isSticky ? "off" : config.leases,
      facts: {
        isLeader: () => this.#election.isLeader,
        epoch: () => this.#epoch(),
        hasLease: () => this.#election.hasLease,
        openEpoch: () => this.#fence.openEpoch,
        isFenced: () => this.#fence.isFenced,
        maxEpoch: () => this.#store.maxEpoch,
        isCoordinatorHealthy: () => this.#coordinator?.state === "healthy",
      },
    });
    this.#kv = new KvServer({
      transport,
      observer,
      store: this.#store,
      gate: this.#gate,
      epoch: () => this.#epoch(),
      leader: () => this.#election.leader,
      front: () => this.#front,
    });
    this.#safeEnd = new SafeEnd({
      ...{ env, store, fence: this.#fence, kv: this.#kv },
      flush: () => this.#flush(),
      leave: () => this.#leave(),
    });
    this.#watchdog = this.#makeWatchdog();
    this.#isolation =
      config.isolation === ""
        ? undefined
        : new RemoteIsolation({ device: config.isolation as NodeId, transport, timers });
    const { leaseMs, rhoPpm } = raftConfig(config);
    if (isAsync)
      this.#promotion = new PromotionGuard({
        policy: config.promotion,
        clock,
        observer,
        waitMs: leaseWaitMs(leaseMs, rhoPpm),
        isolate: (epoch) => this.#isolate(this.#lastRival, epoch),
      });
  }

  async open(): Promise<void> {
    const { transport, timers, clock, observer, id } = this.#env;
    transport.subscribe((from, message) => {
      this.#receive(from, message);
    });
    await this.#openDisk();
    this.#coordinator = new SplitBrainCoordinator({
      detector: this.#detector,
      resolver: this.#safeEnd.strategies,
      strategy: this.#config.strategy,
      failover: this.#failover,
      clock,
      observer,
      nodeId: id,
      electionTimeoutMs: this.#config.electionTimeoutMs,
      initialState: this.#fence.isFenced ? "resolved" : "healthy",
      findStaleness: () => this.#findStaleness(),
      isReconciled: () =>
        this.#election.isLeader ? this.#fence.openEpoch === this.#election.term : this.#store.isReconciled,
      onEvent: (event) => {
        this.#onEdge(event);
      },
      onReintegrated: (holdDownMs) => {
        this.#election.holdDown(holdDownMs);
      },
    });
    if (this.#config.guard !== undefined && !this.#isSticky)
      this.#front = new GuardedFront({
        env: this.#env,
        config: this.#config.guard,
        coordinator: this.#coordinator,
        gate: this.#gate,
        leader: () => this.#election.leader,
      });
    this.#failureDetector.start();
    const poll = timers.create("poll", () => {
      poll.arm(this.#config.pollMs);
      this.#poll();
    });
    poll.arm(this.#config.pollMs);
    this.#gate.observe();
  }

  /** @throws {FailStopError} when the disk is damaged, or does not do what a start needs. */
  async #openDisk(): Promise<void> {
    try {
      await this.#safeEnd.mayStart();
      await this.#fence.open();
      await this.#store.open();
      await this.#election.open();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      const { operation, path } = error.facts;
      throw new FailStopError("The disk does not let this node start.", { operation, path }, { cause: error });
    }
  }

  get isPrimary(): boolean {
    return this.#gate.canWrite;
  }
  get epoch(): number {
    return this.#epoch();
  }
  get leader(): string {
    return this.#election.leader;
  }
  get replication(): ReplicationFacts | undefined {
    return this.#store.replication;
  }

  stop(): void {
    this.#front?.stop();
    this.#watchdog?.stop();
    this.#election.demote("stopped");
    this.#failureDetector.stop();
  }

  /** @throws {FaultlineError} `HA_NODE_ORDER` for an order that no ha-node takes. */
  control(order: Message): void {
    if (order.type === "clear-shutdown") this.#safeEnd.clear();
    else takeOrder(order, this.#election);
  }

  /** Gives up leadership, to somebody who has everything if there is still a quorum to do so, and takes part no more. */
  #leave(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#election.demote("shut down");
        this.#failureDetector.stop();
        // What comes from here on is not taken up, so nothing is half-way onto the disk when the process ends.
        this.#isGone = true;
        resolve(this.#flush());
      };
      if (this.#election.isLeader && this.#detector.hasQuorum()) this.#election.transferTo(undefined, end);
      else end();
    });
  }

  async #flush(): Promise<void> {
    await Promise.all([this.#store.flush(), this.#election.flush()]);
  }

  /** What every ping says of this node. Of its health only that it is not well: most are, most of the time. */
  #claim(): Readonly<Record<string, string | number | boolean>> {
    const { level } = this.#health.getHealthStatus();
    const claim = { term: this.#election.term, leads: this.#election.isLeader };
    return level === "healthy" ? claim : { ...claim, health: level };
  }

  /** @throws {LiteFSConfigError} `HA_NODE_CONFIG` when a watchdog is asked for and there is none. */
  #makeWatchdog(): LeaderWatchdog | undefined {
    const { watchdogMs: timeoutMs } = this.#config;
    const { watchdog, timers } = this.#env;
    if (timeoutMs === 0) return undefined;
    if (watchdog === undefined)
      throw new LiteFSConfigError("HA_NODE_CONFIG", "watchdog: this node has none to arm.", { watchdogMs: timeoutMs });
    return new LeaderWatchdog({
      ...{ watchdog, timers, timeoutMs },
      isDangerous: () => this.#fence.openEpoch !== 0 || (this.#fence.isFenced && !this.#fence.isVerified),
      isQuorumAcked: () => this.#election.hasLease,
    });
  }

  #receive(from: NodeId, message: Message): void {
    if (this.#isGone) return;
    const { type } = message;
    switch (type) {
      // Most of what arrives, and known without looking into the name.
      case "detector.ping":
      case "detector.ack":
        this.#failureDetector.receive(from, message);
        return;
      case "kv.request":
        this.#kv.receive(from, message);
        return;
      default:
        if (type.startsWith("raft.")) this.#election.receive(from, message);
        else if (type.startsWith("repl.")) this.#store.receive(from, message);
        else if (type.startsWith("isolation.")) this.#isolation?.receive(from, message);
    }
  }

  #poll(): void {
    if (this.#safeEnd.strategies.isEnding) return;
    this.#lag.ran();
    if (!this.#health.sample().isHealthy && this.#election.isLeader) this.#giveUpLead();
    this.#observeClaims();
    this.#observeRival();
    this.#check();
    this.#askForRelease();
    this.#promote();
    this.#store.tick();
    this.#gate.observe();
    this.#env.observer.state("quorum", this.#detector.hasQuorum() ? "yes" : "no");
    this.#report();
  }

  /** An unhealthy leader hands over to somebody who has everything; only if nobody takes it, nobody leads for a while. */
  #giveUpLead(): void {
    if (!this.#config.transferOnUnhealthy) this.#failover.demoteForHealth();
    else if (!this.#election.isTransferring) {
      this.#election.transferTo(undefined, (outcome) => {
        if (outcome === "aborted" || outcome === "refused") this.#failover.demoteForHealth();
      });
    }
  }

  /** A host that is verifiably fenced and has heard nobody for a while may have been isolated: it asks the device to be let back. */
  #askForRelease(): void {
    const now = this.#env.clock.monotonic();
    if (this.#coordinator?.state !== "resolved" || this.#detector.hasQuorum()) this.#aloneSinceMs = now;
    else if (now - this.#aloneSinceMs >= 10 * this.#config.electionTimeoutMs)
      this.#isolation?.release(this.#env.id, this.#fence.fenceEpoch);
  }

  /** Notes who leads beside this node, and ends a leadership that went on without a lease until somebody else's was heard of. */
  #observeRival(): void {
    const { leader } = this.#election;
    if (leader !== "" && leader !== this.#env.id) this.#lastRival = leader as NodeId;
    if (this.#isSticky && this.#fence.openEpoch !== 0 && !this.#keepsWriting()) this.#endLeadership();
  }

  /** Whether this node writes by right of a leadership that nobody has told it is over. */
  #keepsWriting(): boolean {
    const { isLeader, leader, term } = this.#election;
    if (!this.#isSticky || isLeader) return isLeader;
    return this.#fence.openEpoch === term && (leader === "" || leader === this.#env.id);
  }

  /** Epoch of the leadership for which writes are let in. */
  #epoch(): number {
    const { openEpoch } = this.#fence;
    return this.#isSticky && openEpoch !== 0 ? openEpoch : this.#election.term;
  }

  #check(): void {
    if (this.#isSticky) return;
    // The coordinator never rejects; its states say what came of it.
    void this.#coordinator?.checkAndResolveSplitBrain();
  }

  #onRoleChange(): void {
    this.#claims.heard(this.#env.id, { term: this.#election.term, leads: this.#election.isLeader });
    if (!this.#keepsWriting()) this.#endLeadership();
    this.#gate.observe();
  }

  #endLeadership(): void {
    this.#store.demote();
    this.#failover.coordinateTransition();
    if (!this.#fence.isFenced) this.#revoke();
  }

  /** An orderly end of leadership: the gate closes at once, the marker goes when the disk allows. */
  #revoke(): void {
    this.#fence.revokeWriteAccess().catch((error: unknown) => {
      this.#env.observer.point("marker.error", { error: String(error) });
    });
  }

  #onLeaseChange(isValid: boolean): void {
    this.#gate.observe();
    if (isValid) this.#promote();
    else if (this.#election.isLeader) this.#check();
  }

  /** Gives an elected, ready leader with a lease its write access, once. */
  #promote(): void {
    const { isReady, hasLease, term } = this.#election;
    if (this.#isPromoting || !isReady || !hasLease || this.#fence.openEpoch === term) return;
    if (this.#promotion?.mayPromote(term) === false) return;
    this.#isPromoting = true;
    const restored = this.#store.promote(term)?.then(() => this.#fence.restoreWriteAccess(term));
    (restored ?? this.#fence.restoreWriteAccess(term)).then(
      () => {
        this.#isPromoting = false;
        this.#failover.coordinateTransition();
        this.#gate.observe();
        this.#isolateRival(term);
      },
      (error: unknown) => {
        // Leadership or lease ended meanwhile, or the disk failed: the next poll tries again if there is still reason to.
        this.#isPromoting = false;
        this.#env.observer.point("promotion.failed", { epoch: term, error: String(error) });
      },
    );
  }

  /** Has the leader that was left behind isolated by the device: belt to the lease's braces. */
  #isolateRival(term: number): void {
    const dual = this.#claims.dualLeader();
    if (dual?.other === this.#env.id) void this.#isolate(dual.stale, term);
  }

  /** @returns whether the device confirmed it; false when there is no device, or nobody to isolate. */
  async #isolate(target: NodeId | "", epoch: number): Promise<boolean> {
    if (this.#isolation === undefined || target === "") return false;
    const { isConfirmed } = await this.#isolation.isolate(target, epoch);
    this.#env.observer.point("isolation", { target, epoch, confirmed: isConfirmed });
    return isConfirmed;
  }

  #findStaleness(): string | undefined {
    const { openEpoch } = this.#fence;
    if (openEpoch !== 0 && !this.#election.isLeader) return "writable-without-lease";
    if (openEpoch !== 0 && this.#store.maxEpoch > openEpoch) return "old-epoch";
    const dual = this.#claims.dualLeader();
    return dual?.stale === this.#env.id && this.#election.isLeader ? "dual-leader" : undefined;
  }

  /** Reports, once a pair, that two nodes claim to lead, whoever they are. */
  #observeClaims(): void {
    this.#claims.heard(this.#env.id, { term: this.#election.term, leads: this.#election.isLeader });
    const dual = this.#claims.dualLeader();
    const pair = dual === undefined ? "" : nameOf(dual);
    if (pair === this.#reportedDual) return;
    this.#reportedDual = pair;
    if (dual === undefined) return;
    const { stale, staleTerm, other, otherTerm } = dual;
    this.#env.observer.point("stale-leadership", {
      reason: "dual-leader",
      node: stale,
      term: staleTerm,
      other,
      otherTerm,
    });
  }

  #onEdge(event: SplitBrainEvent): void {
    this.#front?.noteEvent(event);
    if (event.detected)
      this.#env.observer.point("stale-leadership", { reason: event.reason, term: this.#election.term });
    if (event.state === "healthy" && !this.#election.isLeader) this.#fence.markReconciled();
    this.#gate.observe();
  }

  #report(): void {
    const now = this.#env.clock.monotonic();
    if (now < this.#reportAtMs) return;
    this.#reportAtMs = now + REPORT_MS;
    const ages: Record<string, number> = {};
    for (const peer of this.#env.peers) {
      const seconds = this.#detector.lastHeartbeatFrom(peer);
      ages[peer] = seconds === Infinity ? -1 : Math.round(seconds * 1_000);
    }
    this.#env.observer.point("detector.report", ages);
  }
}

function nameOf({ stale, staleTerm, other, otherTerm }: DualLeader): string {
  return `${stale}@${String(staleTerm)} ${other}@${String(otherTerm)}`;
}
