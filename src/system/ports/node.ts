import type { NodeId } from "./node-id.ts";
import type { Clock } from "./clock.ts";
import type { Disk } from "./disk.ts";
import type { Observer } from "./observer.ts";
import type { Random } from "./random.ts";
import type { Timers } from "./timers.ts";
import type { Message, Transport } from "./transport.ts";
import type { WatchdogPort } from "./watchdog.ts";

export { nodeId, type NodeId } from "./node-id.ts";

/** Everything outside a node that its program may touch. Nothing else exists for it. */
export interface NodeEnv {
  readonly id: NodeId;
  /** 1 for the first start, one more with every restart. */
  readonly incarnation: number;
  /** The other nodes that run the same program, in order; never holds `id`. Services beside them are named by configuration. */
  readonly peers: readonly NodeId[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly transport: Transport;
  readonly disk: Disk;
  readonly observer: Observer;
  /** Not everywhere is one. */
  readonly watchdog?: WatchdogPort;
}

/**
 * What a node runs. The same object starts on the simulator and on a real machine.
 *
 * An error that leaves the program's own code (a throw, a rejection nobody handles) ends its process, as it would in life.
 * A program that wants to stop for safety throws {@link FailStopError}, which is recorded as a decision and not as a bug.
 */
export interface Program<Config = unknown> {
  readonly name: string;
  start(env: NodeEnv, config: Config): RunningProgram;
}

/** A started program. */
export interface RunningProgram {
  /** An orderly end; a crash never calls it. */
  stop?(): void;
  /**
   * What an operator, or a fault of a scenario, tells the program from outside its network: a mode to take on, an answer to delay.
   * @throws {FaultlineError} for an order it does not know.
   */
  control?(order: Message): void;
}
