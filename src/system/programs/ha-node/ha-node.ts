import { DiskError, FailStopError, LiteFSConfigError } from "../../ports/errors.ts";
import type { NodeEnv, NodeId, Program, RunningProgram } from "../../ports/node.ts";
import type { Message, Plain } from "../../ports/transport.ts";
import { PingFailureDetector } from "../../components/failure-detector/ping-failure-detector.ts";
import { FailoverCoordinator } from "../../components/failover/failover-coordinator.ts";
import { WriteGate } from "../../components/failover/write-gate.ts";
import { LeaderWatchdog } from "../../components/split-brain/leader-watchdog.ts";
import { SplitBrainCoordinator, type SplitBrainEvent } from "../../components/split-brain/split-brain-coordinator.ts";
import { SplitBrainDetector } from "../../components/split-brain/split-brain-detector.ts";
import { WriteFence } from "../../components/split-brain/write-fence.ts";
import { RemoteIsolation } from "../isolation-device/client.ts";
import { resolveHaNodeConfig, type HaNodeConfig, type ResolvedHaNodeConfig } from "./config.ts";
import { ClaimWatch } from "./claim-watch.ts";
import { ContactReport } from "./contact-report.ts";
import type { Election } from "./election.ts";
import { GuardedFront } from "./guarded-front.ts";
import { takeOrder } from "./orders.ts";
import type { DatabaseMachine } from "./async-store.ts";
import { electionParts, type ElectionHooks } from "./election-parts.ts";
import { KvServer } from "./kv-server.ts";
import { NodeHealth } from "./node-health.ts";
import { Promotion } from "./promotion.ts";
import { SafeEnd } from "./safe-end.ts";
import type { Committed, ReplicationFacts, StoreBackend } from "./store-backend.ts";
import { Tenure } from "./tenure.ts";
import { Transactions } from "./transactions.ts";

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
  /** Where the data are a chain of transactions. */
  readonly replication: ReplicationFacts | undefined;
  /** `undefined` until the disk was read. */
  readonly coordinator: SplitBrainCoordinator | undefined;
  /** Makes a transaction on this node, as {@link Transactions.commit} does. */
  commit(changes: Plain): Promise<Committed>;
}

/**
 * Starts an {@link haNode} as a part of a program of more parts.
 *
 * @param machine  What holds its data: then it is a database of transactions, whose durability `config` says. Default: keys and values.
 */
export function startHaNode(
  env: NodeEnv,
  config: HaNodeConfig,
  machine?: DatabaseMachine,
): RunningProgram & { readonly facts: HaNodeFacts } {
  const node = new HaNode(env, resolveHaNodeConfig(config), machine);
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
  readonly #claims: ClaimWatch;
  readonly #fence: WriteFence;
  readonly #failover: FailoverCoordinator;
  readonly #gate: WriteGate;
  readonly #health: NodeHealth;
  readonly #safeEnd: SafeEnd;
  readonly #watchdog: LeaderWatchdog | undefined;
  readonly #kv: KvServer;
  readonly #transactions: Transactions;
  readonly #isolation: RemoteIsolation | undefined;
  readonly #tenure: Tenure;
  readonly #promotion: Promotion;
  readonly #contacts: ContactReport;
  /** Nothing but a newer leadership ends this one's writes: `promotion: immediate`. */
  readonly #isSticky: boolean;
  #coordinator: SplitBrainCoordinator | undefined;
  #front: GuardedFront | undefined;
  #isGone = false;
  /** Since when this node writes nothing and is without a quorum. */
  #aloneSinceMs = 0;

  constructor(env: NodeEnv, config: ResolvedHaNodeConfig, machine?: DatabaseMachine) {
    this.#env = env;
    this.#config = config;
    const { id, peers, clock, timers, disk, observer, transport } = env;
    this.#isSticky = config.durability === "async" && config.promotion === "immediate";
    const hooks: ElectionHooks = {
      mayCampaign: () => this.#health.isHealthy && !this.#safeEnd.strategies.isEnding,
      onRoleChange: () => {
        this.#onRoleChange();
      },
      onLeaseChange: (isValid) => {
        this.#onLeaseChange(isValid);
      },
      onReady: () => {
        this.#promotion.attempt();
      },
      isReachable: (peer) => this.#failureDetector.available(peer),
      isHolding: () => this.#failureDetector.isHolding,
      mayWrite: () => this.#gate.canWrite,
      isTransferTarget: (peer) => this.#health.isTransferTarget(peer),
      onStuck: (error) => {
        void this.#safeEnd.strategies.shutDown(error.message);
      },
    };
    const { election, port, store } = electionParts(env, config, hooks, machine);
    this.#election = election;
    this.#store = store;
    this.#claims = new ClaimWatch({ id, election, observer });
    this.#health = new NodeHealth(env, config, { election, store });
    this.#failureDetector = new PingFailureDetector({
      id,
      peers,
      clock,
      timers,
      observer,
      send: (to, message) => {
        transport.send(to, message);
      },
      kind: config.detector,
      heartbeatMs: config.heartbeatMs,
      electionTimeoutMs: config.electionTimeoutMs,
      claim: () => this.#health.addTo({ term: election.term, leads: election.isLeader }),
      tellsWall: config.clockOffsetMaxMs > 0,
      onWall: (peer, wallMs, roundTripMs) => {
        this.#health.heardWall(peer, wallMs, roundTripMs);
      },
      onClaim: (peer, claim) => {
        this.#health.heard(peer, claim);
        this.#claims.heard(peer, { term: claim["term"] as number, leads: claim["leads"] as boolean });
      },
    });
    this.#detector = new SplitBrainDetector({ raft: port, failureDetector: this.#failureDetector });
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
        epoch: () => this.#tenure.epoch,
        hasLease: () => this.#election.hasLease,
        openEpoch: () => this.#fence.openEpoch,
        isFenced: () => this.#fence.isFenced,
        maxEpoch: () => this.#store.maxEpoch,
        isCoordinatorHealthy: () => this.#coordinator?.state === "healthy",
        hasRoom: () => this.#health.hasRoom,
      },
    });
    this.#kv = new KvServer({
      transport,
      observer,
      store: this.#store,
      gate: this.#gate,
      epoch: () => this.#tenure.epoch,
      leader: () => this.#election.leader,
      isFollowing: () => !this.#election.isLeader && this.#coordinator?.state === "healthy",
      front: () => this.#front,
    });
    this.#transactions = new Transactions({
      id,
      store,
      gate: this.#gate,
      epoch: () => this.#tenure.epoch,
      leader: () => election.leader,
    });
    this.#safeEnd = new SafeEnd({
      env,
      store,
      fence: this.#fence,
      drained: () => Promise.all([this.#kv.drained(), this.#transactions.drained()]),
      flush: () => this.#flush(),
      leave: () => this.#leave(),
    });
    this.#watchdog = this.#makeWatchdog();
    this.#isolation =
      config.isolation === ""
        ? undefined
        : new RemoteIsolation({ device: config.isolation as NodeId, transport, timers });
    const fence = this.#fence;
    const failover = this.#failover;
    this.#tenure = new Tenure({ election, store, fence, failover, id, observer, isSticky: this.#isSticky });
    this.#promotion = new Promotion({
      election,
      store,
      fence,
      failover,
      env,
      config,
      gate: this.#gate,
      claims: this.#claims,
      isolation: this.#isolation,
    });
    this.#contacts = new ContactReport(env, this.#detector);
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
    return this.#tenure.epoch;
  }
  get leader(): string {
    return this.#election.leader;
  }
  get replication(): ReplicationFacts | undefined {
    return this.#store.replication;
  }

  get coordinator(): SplitBrainCoordinator | undefined {
    return this.#coordinator;
  }
  commit(changes: Plain): Promise<Committed> {
    return this.#transactions.commit(changes);
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
    if (!this.#health.sample() && this.#election.isLeader) this.#giveUpLead();
    this.#claims.observe();
    this.#promotion.noteRival();
    this.#tenure.tick();
    this.#check();
    this.#askForRelease();
    this.#promotion.attempt();
    this.#store.tick();
    this.#gate.observe();
    this.#env.observer.state("quorum", this.#detector.hasQuorum() ? "yes" : "no");
    this.#contacts.tick();
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

  /** A host that certainly writes nothing and has heard nobody for a while may have been isolated: it asks the device to be let back. */
  #askForRelease(): void {
    const now = this.#env.clock.monotonic();
    const state = this.#coordinator?.state;
    // Fenced, or one that never had write access or gave it back in order, as a leader does that hands over.
    const isReplica = state === "healthy" && this.#fence.openEpoch === 0 && !this.#election.isLeader;
    if ((state !== "resolved" && !isReplica) || this.#detector.hasQuorum()) this.#aloneSinceMs = now;
    else if (now - this.#aloneSinceMs >= 10 * this.#config.electionTimeoutMs)
      this.#isolation?.release(this.#env.id, this.#fence.fenceEpoch);
  }

  #check(): void {
    if (this.#isSticky) return;
    // The coordinator never rejects; its states say what came of it.
    void this.#coordinator?.checkAndResolveSplitBrain();
  }

  #onRoleChange(): void {
    this.#claims.noteOwn();
    this.#tenure.endIfOver();
    this.#gate.observe();
  }

  #onLeaseChange(isValid: boolean): void {
    this.#gate.observe();
    if (isValid) this.#promotion.attempt();
    else if (this.#election.isLeader) this.#check();
  }

  #findStaleness(): string | undefined {
    const { openEpoch } = this.#fence;
    if (openEpoch !== 0 && !this.#election.isLeader) return "writable-without-lease";
    if (openEpoch !== 0 && this.#store.maxEpoch > openEpoch) return "old-epoch";
    return this.#claims.isOutdated ? "dual-leader" : undefined;
  }

  #onEdge(event: SplitBrainEvent): void {
    this.#front?.noteEvent(event);
    if (event.detected)
      this.#env.observer.point("stale-leadership", { reason: event.reason, term: this.#election.term });
    if (event.state === "healthy" && !this.#election.isLeader) this.#fence.markReconciled();
    this.#gate.observe();
  }
}
