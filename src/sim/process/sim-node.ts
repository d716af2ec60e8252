import { FailStopError } from "../../system/ports/errors.ts";
import type { NodeId, Program, RunningProgram } from "../../system/ports/node.ts";
import type { Message } from "../../system/ports/transport.ts";
import type { Micros, RecordId } from "../../trace/record.ts";
import type { NameId } from "../../trace/trace.ts";
import type { NodeClock } from "../clock/node-clock.ts";
import type { SimDisk } from "../disk/sim-disk.ts";
import { EscapeError } from "../kernel/escapes.ts";
import type { Entrant, Kernel } from "../kernel/kernel.ts";
import type { Rng } from "../kernel/rng.ts";
import type { Station } from "../network/sim-network.ts";
import { Incarnation } from "./incarnation.ts";
import type { Due, TimerHost } from "./sim-timers.ts";
import type { Carrier } from "./sim-transport.ts";

/** One machine of a cluster and what it runs. */
export interface NodeSpec {
  readonly id: NodeId;
  readonly role: "node" | "client";
  readonly program: Program<unknown>;
  readonly config: unknown;
  readonly peers: readonly NodeId[];
  readonly clock?: { readonly offsetUs?: number; readonly ppm?: number };
}

/** An error that left a program and took its process down. */
export interface ProgramError {
  readonly node: NodeId;
  readonly time: Micros;
  readonly error: Error;
  /** A promise was rejected and nobody handled it. */
  readonly isRejection: boolean;
  /** The record whose handling broke it; −1 for none. */
  readonly record: RecordId;
}

/** What the nodes of one cluster share. */
export interface NodeWorld {
  readonly kernel: Kernel;
  readonly rng: Rng;
  readonly network: Carrier;
  /** The kernel's handler of all timers, of one item of a backlog (`a` = node), and of work (`b` = its cause, payload = the work). */
  readonly timerHandler: number;
  readonly backlogHandler: number;
  readonly workHandler: number;
  readonly errors: ProgramError[];
}

export interface SimNodeOptions {
  readonly world: NodeWorld;
  readonly spec: NodeSpec;
  readonly index: number;
  readonly clock: NodeClock;
  readonly disk: SimDisk;
  /** The disk's rules at a power loss when no fault says otherwise. */
  readonly powerLoss: { readonly loseUnsynced: boolean; readonly tornWrites: boolean; readonly orderFree: boolean };
}

/** Something that makes a machine's CPU slow. */
export interface Slowdown {
  /** Time that it adds to the handling of each event, integer µs ≥ 1. */
  readonly handling: Micros;
  /** Called for each event that waits for the CPU because of it. */
  touch(): void;
}

type EndReason = "crash" | "kill" | "stop" | "uncaught" | "fail-stop" | "watchdog";

/**
 * A virtual machine and the process on it. The machine keeps its clock and its disk; each start of the process is a new
 * {@link Incarnation}. Orders come from the world, outside of node code, and return whether they changed anything.
 */
export class SimNode implements Entrant, Station, TimerHost {
  readonly id: NodeId;
  /** Its id, for the kernel's errors. */
  readonly name: string;
  readonly nameId: NameId;
  readonly index: number;
  readonly role: "node" | "client";
  readonly clock: NodeClock;
  readonly disk: SimDisk;
  readonly #options: SimNodeOptions;
  readonly #kernel: Kernel;
  #state: "down" | "up" | "paused" = "down";
  #number = 0;
  #life: Incarnation | undefined;
  #running: RunningProgram | undefined;
  /** Orders that stand, by type: told again after each start. */
  readonly #orders = new Map<string, Message>();
  /** The disk that its next process is given: {@link SimNode.disk}, or by mistake another machine's. */
  #mounted: SimDisk;
  /** Whether the machine has power; without it the next start is a boot. */
  #isPowered = false;
  /** What a pause made late, in order. While it is not empty everything new queues up behind it. */
  readonly #backlog: Due[] = [];
  #slowdowns: readonly Slowdown[] = [];
  /** Until when the slow CPU is busy with what is in the backlog. */
  #busyUntil: Micros = 0;
  /** Events scheduled for the backlog before it was scheduled anew are void. */
  #schedules = 0;
  /** The message being delivered: in fields, so that a delivery allocates nothing. */
  #from: NodeId;
  #message: Message | undefined;
  readonly #deliver = (): void => {
    const message = this.#message as Message;
    this.#message = undefined;
    this.#life?.transport.deliver(this.#from, message);
  };

  constructor(options: SimNodeOptions) {
    const { spec, world } = options;
    this.id = spec.id;
    this.name = spec.id;
    this.nameId = world.kernel.trace.name(spec.id);
    this.index = options.index;
    this.role = spec.role;
    this.clock = options.clock;
    this.disk = options.disk;
    this.#mounted = options.disk;
    this.#options = options;
    this.#kernel = world.kernel;
    this.#from = spec.id;
    this.clock.onChange = (what) => {
      this.#writeClock();
      if (what === "rate") this.#life?.timers.remap();
    };
  }

  /** Name of the program it runs. */
  get program(): string {
    return this.#options.spec.program.name;
  }
  get state(): "down" | "up" | "paused" {
    return this.#state;
  }
  /** 0 before the first start. */
  get incarnation(): number {
    return this.#number;
  }

  /** Gives the processes from the next start on a disk, which may be another machine's; its power losses stay that machine's. */
  mount(disk: SimDisk): void {
    this.#mounted = disk;
  }

  /** Starts the process, in an event of its own at this moment. */
  start(reason: "start" | "restart"): boolean {
    if (this.#state !== "down") return false;
    this.#inOwnEvent(() => {
      this.#start(reason);
    });
    return true;
  }

  /** Power loss: the process is gone, the disk keeps what its rules say, `monotonic` starts at 0 with the next start. */
  crash(): boolean {
    if (!this.#isPowered) return false;
    this.#isPowered = false;
    const trace = this.#kernel.trace;
    const before = trace.cause;
    if (this.#state !== "down") trace.cause = this.#end("crash");
    this.disk.powerLoss(this.#options.powerLoss);
    trace.cause = before;
    return true;
  }

  /** Ends the process alone: the page cache survives, `monotonic` runs on. */
  kill(): boolean {
    if (this.#state === "down") return false;
    this.#end("kill");
    return true;
  }

  /** From now on the process fires nothing and hears nothing; its clocks run on. */
  pause(): boolean {
    if (this.#state !== "up") return false;
    this.#state = "paused";
    this.#writeProcess("paused", "pause");
    return true;
  }

  /** Ends a pause: what fell due meanwhile happens now, late and in order, each in an event of its own. */
  resume(): boolean {
    if (this.#state !== "paused") return false;
    this.#state = "up";
    this.#writeProcess("up", "resume");
    this.#rescheduleBacklog();
    return true;
  }

  /** From now on every event of the process takes its time on the CPU, one after the other. @returns Ends it: what waits happens now, in order. */
  slow(slowdown: Slowdown): () => void {
    this.#slowdowns = [...this.#slowdowns, slowdown];
    return () => {
      if (!this.#slowdowns.includes(slowdown)) return;
      this.#slowdowns = this.#slowdowns.filter((other) => other !== slowdown);
      this.#schedules++;
      if (this.#state === "up") this.#rescheduleBacklog();
    };
  }

  /** An orderly end: the program's own `stop`, then down. A paused process cannot do it. */
  stop(): boolean {
    if (this.#state !== "up") return false;
    const number = this.#number;
    this.#inOwnEvent((cause) => {
      if (this.#state !== "up" || this.#number !== number) return;
      this.#kernel.enter(this, cause, () => this.#running?.stop?.());
      // In an event of its own: what `stop` leads to comes to rest first.
      this.#inOwnEvent(() => {
        if (this.#state !== "down" && this.#number === number) this.#end("stop");
      });
    });
    return true;
  }

  /**
   * Tells the program an order, in an event of its own; a paused process hears it late.
   *
   * @param isStanding  It is told again after each start, until another order of its type comes that does not stand.
   * @returns whether there is a process now that takes orders.
   */
  control(order: Message, isStanding = false): boolean {
    if (isStanding) this.#orders.set(order.type, order);
    else this.#orders.delete(order.type);
    if (this.#running?.control === undefined) return false;
    const number = this.#number;
    this.#inOwnEvent((cause) => {
      if (this.#state === "down" || this.#number !== number) return;
      this.take({ run: () => this.#kernel.enter(this, cause, () => this.#running?.control?.(order)) });
    });
    return true;
  }

  /** {@link Station}: a message came in over the network. */
  receive(from: Station, sent: RecordId, message: Message): void {
    if (this.#isFree) {
      this.#hear(from, sent, message);
      return;
    }
    this.take({
      run: () => {
        this.#hear(from, sent, message);
      },
      drop: () => {
        this.#kernel.trace.cause = sent;
        this.#kernel.trace.dropped(this.id, from.id, sent, message, "crashed", "");
      },
    });
  }

  /** {@link TimerHost}: runs it now, or when its turn comes. */
  take(due: Due): void {
    if (this.#isFree) {
      due.run();
      return;
    }
    this.#backlog.push(due);
    if (this.#state === "up") this.#scheduleBacklog();
  }

  /** One item of the backlog, in its own event. */
  onBacklog(schedule: number): void {
    if (this.#state === "up" && schedule === this.#schedules) this.#backlog.shift()?.run();
  }

  /** {@link Entrant}: takes what the program threw. */
  onError(error: unknown, isRejection = false): void {
    // The kernel already fails the run for an escape, also when the program swallows it.
    if (error instanceof EscapeError || this.#state === "down") return;
    if (error instanceof FailStopError) {
      this.#end("fail-stop", { error: error.message });
      return;
    }
    const known = error instanceof Error ? error : new Error(String(error));
    const { now: time, trace } = this.#kernel;
    this.#options.world.errors.push({ node: this.id, time, error: known, isRejection, record: trace.cause });
    this.#end("uncaught", { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  }

  #start(reason: "start" | "restart"): void {
    if (this.#state !== "down") return;
    const { world, spec, index } = this.#options;
    if (!this.#isPowered) {
      this.clock.reboot(this.#kernel.now);
      this.#isPowered = true;
      if (this.#number === 0 && (this.clock.offsetUs !== 0 || this.clock.ppm !== 0)) this.#writeClock();
    }
    this.#number++;
    this.#state = "up";
    const cause = this.#writeProcess("up", reason);
    const life = new Incarnation({
      ...world,
      id: this.id,
      index,
      number: this.#number,
      peers: spec.peers,
      host: this,
      disk: this.#mounted,
      onWatchdog: () => {
        if (life.isOpen) this.#end("watchdog");
      },
      runCompletion: (work, since) => {
        if (!life.isOpen) return;
        if (this.#isFree) this.#kernel.enter(this, since, work);
        else this.take({ run: () => this.#kernel.enter(this, since, work) });
      },
    });
    this.#life = life;
    this.#kernel.enter(this, cause, () => {
      this.#running = spec.program.start(life.env, spec.config);
      for (const order of this.#orders.values()) this.#running.control?.(order);
    });
  }

  #hear(from: Station, sent: RecordId, message: Message): void {
    const trace = this.#kernel.trace;
    trace.cause = sent;
    const delivered = trace.deliveredTo(this.nameId, from.nameId, sent, message);
    this.#from = from.id;
    this.#message = message;
    this.#kernel.enter(this, delivered, this.#deliver);
  }

  #end(reason: EndReason, fields: { error?: string } = {}): RecordId {
    this.#state = "down";
    this.#life?.close();
    this.#life = undefined;
    this.#running = undefined;
    const record = this.#writeProcess("down", reason, fields);
    const trace = this.#kernel.trace;
    const before = trace.cause;
    for (const due of this.#backlog.splice(0)) due.drop?.();
    if (this.#slowdowns.length > 0) this.#schedules++;
    this.#busyUntil = this.#kernel.now;
    trace.cause = before;
    return record;
  }

  /** Whether an event can happen at once. */
  get #isFree(): boolean {
    return this.#state === "up" && this.#backlog.length === 0 && this.#slowdowns.length === 0;
  }

  #rescheduleBacklog(): void {
    if (this.#slowdowns.length > 0) this.#schedules++;
    this.#busyUntil = this.#kernel.now;
    for (let i = 0; i < this.#backlog.length; i++) this.#scheduleBacklog();
  }

  /** Gives one more item of the backlog its moment: now, or when a slow CPU is done with it. */
  #scheduleBacklog(): void {
    const kernel = this.#kernel;
    let at = kernel.now;
    if (this.#slowdowns.length > 0) {
      at = Math.max(at, this.#busyUntil);
      for (const slowdown of this.#slowdowns) {
        at += slowdown.handling;
        slowdown.touch();
      }
      this.#busyUntil = at;
    }
    kernel.schedule(at, this.#options.world.backlogHandler, this.index, this.#schedules);
  }

  /** Runs world work in an event at this moment; its records have the cause that holds now. */
  #inOwnEvent(work: (cause: RecordId) => void): void {
    const kernel = this.#kernel;
    kernel.schedule(kernel.now, this.#options.world.workHandler, 0, kernel.trace.cause, work);
  }

  #writeProcess(value: "up" | "down" | "paused", reason: string, fields: { error?: string } = {}): RecordId {
    return this.#kernel.trace.state(1, this.id, "process", value, { incarnation: this.#number, reason, ...fields });
  }

  #writeClock(): void {
    const { clock } = this;
    const { now } = this.#kernel;
    const smearPpm = clock.smearPpm(now);
    const fields = {
      offsetUs: clock.errorUs(now),
      ppm: clock.ppm,
      frozen: clock.isFrozen,
      ...(smearPpm === 0 ? {} : { smearPpm }),
    };
    this.#kernel.trace.state(1, this.id, "clock", formatOffset(fields.offsetUs), fields);
  }
}

/** `+250 ms`, `−1.5 ms`, `0 ms`: a clock's offset as it is read in the timeline. */
function formatOffset(offsetUs: number): string {
  const sign = offsetUs > 0 ? "+" : offsetUs < 0 ? "−" : "";
  return `${sign}${String(Math.abs(offsetUs) / 1_000)} ms`;
}
