import { FaultlineError } from "../system/ports/errors.ts";
import type { NodeId } from "../system/ports/node.ts";
import type { Micros, RecordId } from "../trace/record.ts";
import type { TraceWriter } from "../trace/trace-writer.ts";
import { NodeClock } from "./clock/node-clock.ts";
import { SimDisk, type Completion, type DiskConfig } from "./disk/sim-disk.ts";
import type { Kernel } from "./kernel/kernel.ts";
import type { Rng } from "./kernel/rng.ts";
import type { NetworkConfig } from "./network/link-effect.ts";
import { SimNetwork } from "./network/sim-network.ts";
import { SimNode, type NodeSpec, type NodeWorld, type ProgramError } from "./process/sim-node.ts";
import { registerTimers } from "./process/sim-timers.ts";
import { StateBoard } from "./state-board.ts";

/** 2026-01-01T00:00:00Z: what a correct wall clock shows when a run begins. */
export const EPOCH_MS = 1_767_225_600_000;

export interface ClusterOptions {
  readonly kernel: Kernel;
  readonly rng: Rng;
  readonly nodes: readonly NodeSpec[];
  readonly network: NetworkConfig;
  readonly disk: DiskConfig;
  /** Wall time at virtual time 0, integer ms. Default {@link EPOCH_MS}. */
  readonly epochMs?: number;
  /** Whether messages are checked and frozen in depth when they are sent. Default false. */
  readonly strict?: boolean;
}

/**
 * Virtual machines on one network. Everything in it happens in events of the kernel; its orders (`crash`, `pause`, …) belong
 * into {@link Cluster.at}, and return whether they changed anything: to crash what is down is no error.
 */
export class Cluster {
  readonly kernel: Kernel;
  readonly trace: TraceWriter;
  readonly rng: Rng;
  readonly network: SimNetwork;
  readonly nodes: readonly SimNode[];
  /** The last value of every state of every node. */
  readonly board = new StateBoard();
  readonly #errors: ProgramError[] = [];
  readonly #worldHandler: number;

  constructor(options: ClusterOptions) {
    const { kernel, rng } = options;
    this.kernel = kernel;
    this.trace = kernel.trace;
    this.rng = rng;
    this.trace.listen(this.board);
    this.#worldHandler = kernel.register((_a, _b, work) => {
      (work as () => void)();
    });
    const ids = options.nodes.map((spec) => spec.id);
    if (new Set(ids).size !== ids.length)
      throw new FaultlineError("DUPLICATE_NODE", `Two nodes have the same id: ${ids.join(", ")}.`, { ids });
    this.network = new SimNetwork({ kernel, rng, config: options.network, ids, strict: options.strict ?? false });
    const world: NodeWorld = {
      kernel,
      rng,
      network: this.network,
      timerHandler: registerTimers(kernel),
      backlogHandler: kernel.register((index, schedule) => {
        (this.nodes[index] as SimNode).onBacklog(schedule);
      }),
      workHandler: kernel.register((_a, cause, work) => {
        this.trace.cause = cause;
        (work as (cause: RecordId) => void)(cause);
      }),
      errors: this.#errors,
    };
    const diskHandler = kernel.register((_a, cause, operation) => {
      this.trace.cause = cause;
      (operation as Completion).complete();
    });
    this.nodes = options.nodes.map((spec, index) => makeNode(options, world, diskHandler, spec, index));
    this.network.attach(this.nodes);
  }

  /** Errors that left a program's code and took its node down. A {@link FailStopError} is a decision and not listed. */
  get errors(): readonly ProgramError[] {
    return this.#errors;
  }

  /** @throws {FaultlineError} `UNKNOWN_NODE` */
  node(id: string): SimNode {
    const node = this.nodes[this.network.indexOf(id)];
    if (node === undefined)
      throw new FaultlineError("UNKNOWN_NODE", `There is no node "${id}" in the cluster.`, { id });
    return node;
  }

  /** Starts a node that is down; the event is scheduled at this moment. */
  start(id: NodeId): boolean {
    return this.node(id).start("start");
  }

  startAll(): void {
    for (const node of this.nodes) node.start("start");
  }

  /** Power loss. */
  crash(id: NodeId): boolean {
    return this.node(id).crash();
  }

  /** Ends the process only. */
  kill(id: NodeId): boolean {
    return this.node(id).kill();
  }

  /** Starts a node again that is down, as its next incarnation; the event is scheduled at this moment. */
  restart(id: NodeId): boolean {
    return this.node(id).start("restart");
  }

  pause(id: NodeId): boolean {
    return this.node(id).pause();
  }

  resume(id: NodeId): boolean {
    return this.node(id).resume();
  }

  /** An orderly end. */
  stop(id: NodeId): boolean {
    return this.node(id).stop();
  }

  /** Schedules work of the world (faults, drivers): an event in which no node code runs. */
  at(time: Micros, work: () => void): void {
    this.kernel.schedule(time, this.#worldHandler, 0, 0, work);
  }
}

function makeNode(
  options: ClusterOptions,
  world: NodeWorld,
  diskHandler: number,
  spec: NodeSpec,
  index: number,
): SimNode {
  const { kernel, rng } = options;
  const clock = new NodeClock({ epochMs: options.epochMs ?? EPOCH_MS, bootAt: kernel.now, ...spec.clock });
  const disk = new SimDisk({
    node: spec.id,
    schedule: (delay, operation) => {
      kernel.schedule(kernel.now + delay, diskHandler, 0, kernel.trace.cause, operation);
    },
    trace: kernel.trace,
    random: rng.stream(`disk/${spec.id}`),
    config: options.disk,
  });
  const powerLoss = { loseUnsynced: options.disk.loseUnsynced, tornWrites: false, orderFree: false };
  return new SimNode({ world, spec, index, clock, disk, powerLoss });
}
