import { FailoverCoordinator } from "../../../src/system/components/failover/failover-coordinator.ts";
import type { GuardEdge, SplitBrainSignal } from "../../../src/system/components/guard/guard-state.ts";
import {
  createSplitBrainGuard,
  type SplitBrainGuard,
  type SplitBrainGuardOptions,
} from "../../../src/system/components/guard/split-brain-guard.ts";
import { SplitBrainCoordinator } from "../../../src/system/components/split-brain/split-brain-coordinator.ts";
import { SplitBrainDetector } from "../../../src/system/components/split-brain/split-brain-detector.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import { silentObserver, type Observer } from "../../../src/system/ports/observer.ts";
import type { ConflictResolutionPort } from "../../../src/system/ports/split-brain.ts";
import { ManualTime } from "../circuit-breaker/breaker-world.ts";

/** Steps of a test: virtual time passes in them, so that timers fire when they are due and not all at the end. */
const STEP_MS = 10;

/** The seeds' node in a test's hand: elected or not, with a quorum or not, with the real detector and coordinators around it. */
export class GuardWorld {
  readonly time = new ManualTime();
  isElected = true;
  isQuorum = true;
  /** Thrown when the detector is asked. */
  detectorError: Error | undefined;
  fences = 0;
  /** While it is set a fence does not end. */
  holdFence: Promise<void> | undefined;
  /** How often the coordinator's detector was asked. */
  detections = 0;
  readonly edges: GuardEdge[] = [];
  readonly signals: SplitBrainSignal[] = [];
  /** `by@request` of every check that is recorded. */
  readonly checks: string[] = [];
  readonly logs: string[] = [];
  readonly failover: FailoverCoordinator;
  readonly coordinator: SplitBrainCoordinator;

  constructor() {
    const members = ["node1", "node2", "node3"].map(nodeId);
    const election = {
      isLeaderElected: () => this.isElected,
      electAsLeader: () => void (this.isElected = true),
      demoteFromLeader: () => void (this.isElected = false),
      isQuorumReached: () => this.isQuorum,
      getElectionTimeout: () => 0.3,
      getHeartbeatInterval: () => 0.05,
      getClusterMembers: () => members,
      isMemberInCluster: (node: string) => members.includes(nodeId(node)),
    };
    const inner = new SplitBrainDetector({
      raft: election,
      failureDetector: { heartbeat: () => undefined, phi: () => 0, available: () => true, lastHeartbeatFrom: () => 0 },
    });
    const resolver: ConflictResolutionPort = {
      fenceWriteAccess: async () => {
        this.fences++;
        await this.holdFence;
      },
      applyResolutionStrategy: async () => undefined,
      restoreWriteAccess: async () => undefined,
    };
    this.failover = new FailoverCoordinator({ leaderElection: election, observer: silentObserver });
    this.failover.coordinateTransition();
    this.coordinator = new SplitBrainCoordinator({
      detector: {
        hasQuorum: () => inner.hasQuorum(),
        canCommitWrites: () => inner.canCommitWrites(),
        lastHeartbeatFrom: (node) => inner.lastHeartbeatFrom(node),
        detectStaleLeadership: () => {
          this.detections++;
          if (this.detectorError !== undefined) throw this.detectorError;
          return inner.detectStaleLeadership();
        },
      },
      resolver,
      failover: this.failover,
      clock: this.time,
      observer: silentObserver,
    });
  }

  guard(options: Partial<SplitBrainGuardOptions> & { withTimers?: boolean } = {}): SplitBrainGuard {
    const { withTimers = true, ...given } = options;
    const observer: Observer = {
      ...silentObserver,
      point: (name, fields) => {
        if (name === "guard.check") this.checks.push(`${String(fields?.["by"])}@${String(fields?.["request"])}`);
      },
    };
    const guard = createSplitBrainGuard({
      coordinator: this.coordinator,
      clock: this.time,
      ...(withTimers ? { timers: this.time } : {}),
      primary: { isPrimary: () => this.failover.state === "primary", primaryHostname: () => "node-2" },
      onState: (edge) => this.edges.push(edge),
      observer,
      log: (level, message) => this.logs.push(`${level} ${message}`),
      ...given,
    });
    guard.splitBrainDetected.connect((signal) => this.signals.push(signal));
    return guard;
  }

  /** The majority goes on elsewhere. */
  split(): void {
    this.isQuorum = false;
  }
  heal(): void {
    this.isQuorum = true;
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) await this.time.pass(Math.min(left, STEP_MS));
  }
}

/** Codes of what `count` requests were answered; `ok` for those that passed. */
export async function codesOf(guard: SplitBrainGuard, kind: "read" | "write", count: number): Promise<string[]> {
  const codes: string[] = [];
  for (let i = 0; i < count; i++) codes.push((await guard.request(kind))?.code ?? "ok");
  return codes;
}
