import type { NodeEnv, NodeId, Program, RunningProgram } from "../../ports/node.ts";
import type { Message } from "../../ports/transport.ts";
import { PingFailureDetector } from "../../components/failure-detector/ping-failure-detector.ts";
import { FailoverCoordinator } from "../../components/failover/failover-coordinator.ts";
import { WriteGate } from "../../components/failover/write-gate.ts";
import { RaftLeaderElection } from "../../components/raft/raft-election-port.ts";
import { RaftNode } from "../../components/raft/raft-node.ts";
import { KvStore } from "../../components/replication/kv-store.ts";
import { ClaimBook, type DualLeader } from "../../components/split-brain/claim-book.ts";
import { diskLatencySource, HealthMonitor } from "../../components/split-brain/health-monitor.ts";
import { SplitBrainCoordinator, type SplitBrainEvent } from "../../components/split-brain/split-brain-coordinator.ts";
import { SplitBrainDetector } from "../../components/split-brain/split-brain-detector.ts";
import { WriteFence } from "../../components/split-brain/write-fence.ts";
import { RemoteIsolation } from "../isolation-device/client.ts";
import { resolveHaNodeConfig, type HaNodeConfig, type ResolvedHaNodeConfig } from "./config.ts";
import { KvServer } from "./kv-server.ts";

/** How often a node tells what it has heard of its peers. */
const REPORT_MS = 1_000;

/**
 * A highly available node: Raft election and log, failure detector, write fence, split-brain and failover coordinators around a
 * quorum-committed key-value store.
 */
export const haNode: Program<HaNodeConfig> = {
  name: "ha-node",
  start(env: NodeEnv, config: HaNodeConfig): RunningProgram {
    const node = new HaNode(env, resolveHaNodeConfig(config));
    void node.open();
    return {
      stop: () => {
        node.stop();
      },
    };
  },
};

class HaNode {
  readonly #env: NodeEnv;
  readonly #config: ResolvedHaNodeConfig;
  readonly #store: KvStore;
  readonly #raft: RaftNode;
  readonly #failureDetector: PingFailureDetector;
  readonly #detector: SplitBrainDetector;
  readonly #claims = new ClaimBook();
  readonly #fence: WriteFence;
  readonly #failover: FailoverCoordinator;
  readonly #gate: WriteGate;
  readonly #health: HealthMonitor;
  readonly #kv: KvServer;
  readonly #isolation: RemoteIsolation | undefined;
  #coordinator: SplitBrainCoordinator | undefined;
  #reportedDual = "";
  #reportAtMs = 0;
  #isPromoting = false;
  /** Since when this node is fenced and without a quorum. */
  #aloneSinceMs = 0;

  constructor(env: NodeEnv, config: ResolvedHaNodeConfig) {
    this.#env = env;
    this.#config = config;
    const { id, peers, clock, timers, random, disk, observer, transport } = env;
    const send = (to: NodeId, message: Message): void => {
      transport.send(to, message);
    };
    this.#store = new KvStore({ observer });
    this.#raft = new RaftNode({
      id,
      peers,
      incarnation: env.incarnation,
      clock,
      timers,
      random,
      disk,
      observer,
      send,
      config,
      apply: (entry) => this.#store.apply(entry),
      mayCampaign: () => this.#health.getHealthStatus().isHealthy,
      onRoleChange: () => {
        this.#onRoleChange();
      },
      onLeaseChange: (isValid) => {
        this.#onLeaseChange(isValid);
      },
      onReady: () => {
        this.#promote();
      },
    });
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
      claim: () => ({ term: this.#raft.term, leads: this.#raft.isLeader }),
      onClaim: (peer, claim) => {
        this.#claims.heard(peer, { term: claim["term"] as number, leads: claim["leads"] as boolean });
      },
    });
    const election = new RaftLeaderElection({
      raft: this.#raft,
      countReachable: () => this.#failureDetector.countAvailable(),
      isHolding: () => this.#failureDetector.isHolding,
    });
    this.#detector = new SplitBrainDetector({ raft: election, failureDetector: this.#failureDetector });
    this.#health = new HealthMonitor({
      clock,
      observer,
      sources: [
        diskLatencySource({ writeMs: () => this.#raft.diskWriteMs, electionTimeoutMs: config.electionTimeoutMs }),
      ],
    });
    this.#fence = new WriteFence({
      id,
      disk,
      observer,
      mayWrite: (epoch) =>
        this.#raft.term === epoch && this.#raft.hasLease && this.#raft.isReady && this.#detector.hasQuorum(),
      onChange: () => {
        this.#gate.observe();
      },
    });
    this.#failover = new FailoverCoordinator({
      leaderElection: election,
      observer,
      epoch: () => this.#raft.term,
      canBecomeLeader: () => this.#raft.hasLease && this.#raft.isReady && this.#fence.openEpoch === this.#raft.term,
    });
    this.#gate = new WriteGate({
      observer,
      leases: config.leases,
      facts: {
        isLeader: () => this.#raft.isLeader,
        epoch: () => this.#raft.term,
        hasLease: () => this.#raft.hasLease,
        openEpoch: () => this.#fence.openEpoch,
        isFenced: () => this.#fence.isFenced,
        maxEpoch: () => this.#store.maxEpoch,
        isCoordinatorHealthy: () => this.#coordinator?.state === "healthy",
      },
    });
    this.#kv = new KvServer({ transport, observer, raft: this.#raft, store: this.#store, gate: this.#gate });
    this.#isolation =
      config.isolation === ""
        ? undefined
        : new RemoteIsolation({ device: config.isolation as NodeId, transport, timers });
  }

  async open(): Promise<void> {
    const { transport, timers, clock, observer, id } = this.#env;
    transport.subscribe((from, message) => {
      this.#receive(from, message);
    });
    await this.#fence.open();
    await this.#raft.open();
    this.#coordinator = new SplitBrainCoordinator({
      detector: this.#detector,
      resolver: this.#fence,
      failover: this.#failover,
      clock,
      observer,
      nodeId: id,
      electionTimeoutMs: this.#config.electionTimeoutMs,
      initialState: this.#fence.isFenced ? "resolved" : "healthy",
      findStaleness: () => this.#findStaleness(),
      isReconciled: () => (this.#raft.isLeader ? this.#fence.openEpoch === this.#raft.term : this.#raft.isCaughtUp),
      onEvent: (event) => {
        this.#onEdge(event);
      },
      onReintegrated: (holdDownMs) => {
        this.#raft.holdDown(holdDownMs);
      },
    });
    this.#failureDetector.start();
    const poll = timers.create("poll", () => {
      poll.arm(this.#config.pollMs);
      this.#poll();
    });
    poll.arm(this.#config.pollMs);
    this.#gate.observe();
  }

  stop(): void {
    this.#raft.demote("stopped");
    this.#failureDetector.stop();
  }

  #receive(from: NodeId, message: Message): void {
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
        if (type.startsWith("raft.")) this.#raft.receive(from, message);
        else if (type.startsWith("isolation.")) this.#isolation?.receive(from, message);
    }
  }

  #poll(): void {
    if (!this.#health.sample().isHealthy && this.#raft.isLeader) this.#failover.demoteForHealth();
    this.#observeClaims();
    this.#check();
    this.#askForRelease();
    this.#promote();
    this.#gate.observe();
    this.#env.observer.state("quorum", this.#detector.hasQuorum() ? "yes" : "no");
    this.#report();
  }

  /** A host that is verifiably fenced and has heard nobody for a while may have been isolated: it asks the device to be let back. */
  #askForRelease(): void {
    const now = this.#env.clock.monotonic();
    if (this.#coordinator?.state !== "resolved" || this.#detector.hasQuorum()) this.#aloneSinceMs = now;
    else if (now - this.#aloneSinceMs >= 10 * this.#config.electionTimeoutMs)
      this.#isolation?.release(this.#env.id, this.#fence.fenceEpoch);
  }

  #check(): void {
    // The coordinator never rejects; its states say what came of it.
    void this.#coordinator?.checkAndResolveSplitBrain();
  }

  #onRoleChange(): void {
    this.#claims.heard(this.#env.id, { term: this.#raft.term, leads: this.#raft.isLeader });
    if (!this.#raft.isLeader) {
      this.#failover.coordinateTransition();
      if (!this.#fence.isFenced) this.#revoke();
    }
    this.#gate.observe();
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
    else if (this.#raft.isLeader) this.#check();
  }

  /** Gives an elected, ready leader with a lease its write access, once. */
  #promote(): void {
    const raft = this.#raft;
    if (this.#isPromoting || !raft.isReady || !raft.hasLease || this.#fence.openEpoch === raft.term) return;
    this.#isPromoting = true;
    const { term } = raft;
    this.#fence.restoreWriteAccess(term).then(
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
    if (this.#isolation === undefined || dual === undefined || dual.other !== this.#env.id) return;
    const { stale } = dual;
    void this.#isolation.isolate(stale, term).then(({ isConfirmed }) => {
      this.#env.observer.point("isolation", { target: stale, epoch: term, confirmed: isConfirmed });
    });
  }

  #findStaleness(): string | undefined {
    const { openEpoch } = this.#fence;
    if (openEpoch !== 0 && !this.#raft.isLeader) return "writable-without-lease";
    if (openEpoch !== 0 && this.#store.maxEpoch > openEpoch) return "old-epoch";
    const dual = this.#claims.dualLeader();
    return dual?.stale === this.#env.id && this.#raft.isLeader ? "dual-leader" : undefined;
  }

  /** Reports, once a pair, that two nodes claim to lead, whoever they are. */
  #observeClaims(): void {
    this.#claims.heard(this.#env.id, { term: this.#raft.term, leads: this.#raft.isLeader });
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
    if (event.detected) this.#env.observer.point("stale-leadership", { reason: event.reason, term: this.#raft.term });
    if (event.state === "healthy" && !this.#raft.isLeader) this.#fence.markReconciled();
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
