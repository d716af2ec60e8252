import type { NodeId } from "../../ports/node.ts";
import type { HostIsolationPort } from "../../ports/split-brain.ts";
import type { Timers } from "../../ports/timers.ts";
import type { Message, Transport } from "../../ports/transport.ts";
import type { IsolationReply } from "./protocol.ts";

/** How long an answer of the device is waited for. */
const ANSWER_MS = 500;

/** {@link HostIsolationPort} by messages to an isolation device. No answer in 500 ms counts as not confirmed. */
export class RemoteIsolation implements HostIsolationPort {
  readonly #device: NodeId;
  readonly #transport: Transport;
  readonly #timers: Timers;
  readonly #waiting = new Map<number, (isConfirmed: boolean) => void>();
  #nextId = 1;

  constructor(options: { device: NodeId; transport: Transport; timers: Timers }) {
    this.#device = options.device;
    this.#transport = options.transport;
    this.#timers = options.timers;
  }

  isolate(target: NodeId, epoch: number): Promise<{ readonly isConfirmed: boolean }> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      const timeout = this.#timers.create("isolation answer", () => {
        this.#waiting.delete(id);
        resolve({ isConfirmed: false });
      });
      this.#waiting.set(id, (isConfirmed) => {
        timeout.cancel();
        resolve({ isConfirmed });
      });
      timeout.arm(ANSWER_MS);
      this.#transport.send(this.#device, { type: "isolation.request", id, action: "isolate", target, epoch });
    });
  }

  /** Asks to be let back: sent by a host that is fenced. Not answered for; ask again. */
  release(target: NodeId, epoch: number): void {
    this.#transport.send(this.#device, {
      type: "isolation.request",
      id: this.#nextId++,
      action: "release",
      target,
      epoch,
    });
  }

  receive(from: NodeId, message: Message): void {
    const reply = message as IsolationReply;
    if (from !== this.#device) return;
    this.#waiting.get(reply.id)?.(reply.isConfirmed);
    this.#waiting.delete(reply.id);
  }
}
