import type { Disk } from "../../system/ports/disk.ts";
import type { NodeEnv, NodeId } from "../../system/ports/node.ts";
import { SimClock } from "../clock/sim-clock.ts";
import type { SimDisk } from "../disk/sim-disk.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Rng } from "../kernel/rng.ts";
import type { RecordId } from "../../trace/record.ts";
import { SimObserver } from "./sim-observer.ts";
import { SimTimers, type TimerHost } from "./sim-timers.ts";
import { SimTransport, type Carrier } from "./sim-transport.ts";
import { SimWatchdog } from "./sim-watchdog.ts";

export interface IncarnationOptions {
  readonly id: NodeId;
  readonly index: number;
  readonly number: number;
  readonly peers: readonly NodeId[];
  readonly kernel: Kernel;
  readonly rng: Rng;
  readonly network: Carrier;
  readonly host: TimerHost;
  readonly timerHandler: number;
  readonly disk: SimDisk;
  readonly workHandler: number;
  /** Its watchdog was not fed: ends the process. */
  readonly onWatchdog: () => void;
  /** Runs a completion of the disk as node code; `cause` is the record during which it was asked for. */
  readonly runCompletion: (work: () => void, cause: RecordId) => void;
}

/** One life of a process, from start to end: its {@link NodeEnv}, of which every part falls silent with it. */
export class Incarnation {
  readonly env: NodeEnv;
  readonly transport: SimTransport;
  readonly timers: SimTimers;
  readonly #observer: SimObserver;
  readonly #watchdog: SimWatchdog;
  #isOpen = true;

  constructor(options: IncarnationOptions) {
    const { id, kernel, rng, network, host } = options;
    this.transport = new SimTransport({ network, self: options.index });
    this.timers = new SimTimers({ kernel, host, handler: options.timerHandler });
    this.#observer = new SimObserver({ trace: kernel.trace, node: id });
    this.#watchdog = new SimWatchdog({ kernel, workHandler: options.workHandler, bite: options.onWatchdog });
    const disk: Disk = options.disk.forIncarnation(() => this.#isOpen, options.runCompletion);
    this.env = {
      id,
      incarnation: options.number,
      peers: options.peers,
      clock: new SimClock({ time: kernel, clock: host.clock }),
      timers: this.timers,
      random: rng.stream(`node/${id}/${String(options.number)}`),
      transport: this.transport,
      disk,
      observer: this.#observer,
      watchdog: this.#watchdog,
    };
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The process ended: its timers, messages, files and observations are void from now on. */
  close(): void {
    this.#isOpen = false;
    this.transport.close();
    this.timers.close();
    this.#observer.close();
    this.#watchdog.close();
  }
}
