import type { NodeEnv, NodeId } from "../../ports/node.ts";
import { ClockOffset } from "../../components/split-brain/clock-offset.ts";
import {
  clockOffsetSource,
  diskLatencySource,
  diskSpaceSource,
  HealthMonitor,
  replicationLagSource,
} from "../../components/split-brain/health-monitor.ts";
import { claimedHealth, PeerHealth } from "../../components/split-brain/peer-health.ts";
import { TimerLag } from "../../components/split-brain/timer-lag.ts";
import type { ResolvedHaNodeConfig } from "./config.ts";
import type { Election } from "./election.ts";
import type { StoreBackend } from "./store-backend.ts";

/** A replica that is further behind is degraded (LiteFS's health check says 503 then). */
const LAG_MS_MAX = 10_000;

type Claim = Readonly<Record<string, string | number | boolean>>;

/** How well a node is, and what it knows of how well its peers are. */
export class NodeHealth {
  readonly #lag: TimerLag;
  readonly #own: HealthMonitor;
  readonly #peers: PeerHealth;
  readonly #offset: ClockOffset | undefined;
  readonly #hasRoom: () => boolean;

  constructor(env: NodeEnv, config: ResolvedHaNodeConfig, parts: { election: Election; store: StoreBackend }) {
    const { clock, observer } = env;
    const { electionTimeoutMs, heartbeatMs, pollMs } = config;
    const { election, store } = parts;
    const { clockOffsetMaxMs: maxOffsetMs } = config;
    this.#hasRoom = () => !election.isDiskFull && store.isDiskFull !== true;
    if (maxOffsetMs > 0)
      this.#offset = new ClockOffset({ clock, membersCount: env.peers.length + 1, maxAgeMs: 3 * electionTimeoutMs });
    const offset = this.#offset;
    this.#lag = new TimerLag({ clock, periodMs: pollMs, electionTimeoutMs });
    this.#peers = new PeerHealth({ clock, heartbeatMs });
    this.#own = new HealthMonitor({
      clock,
      observer,
      sources: [
        diskSpaceSource({ isFull: () => !this.#hasRoom() }),
        diskLatencySource({ writeMs: () => election.diskWriteMs, electionTimeoutMs }),
        this.#lag,
        replicationLagSource({ lagMs: () => store.lagMs, maxMs: LAG_MS_MAX }),
        ...(offset === undefined
          ? []
          : [
              clockOffsetSource({
                offsetMs: () => offset.offsetMs,
                maxOffsetMs,
                isReportOnly: !config.transferOnClockOffset,
              }),
            ]),
      ],
    });
  }

  /** As last sampled. */
  get isHealthy(): boolean {
    return this.#own.getHealthStatus().isHealthy;
  }

  /** Whether the disk takes what a write needs, now. */
  get hasRoom(): boolean {
    return this.#hasRoom();
  }

  /** Looks again; called at every poll. @returns whether this node is healthy. */
  sample(): boolean {
    this.#lag.ran();
    return this.#own.sample().isHealthy;
  }

  /** Adds to what a ping says of this node that it is not well. One that is says nothing: most are, most of the time. */
  addTo(claim: Claim): Claim {
    const { level } = this.#own.getHealthStatus();
    return level === "healthy" ? claim : { ...claim, health: level };
  }
  /** A peer has said this of itself. */
  heard(peer: NodeId, claim: Readonly<Record<string, unknown>>): void {
    this.#peers.heard(peer, claimedHealth(claim));
  }
  /** A peer has told what its wall clock reads. */
  heardWall(peer: NodeId, wallMs: number, roundTripMs: number): void {
    this.#offset?.heard(peer, wallMs, roundTripMs);
  }
  isTransferTarget(peer: NodeId): boolean {
    return this.#peers.isTransferTarget(peer);
  }
}
