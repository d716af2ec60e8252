import { FaultlineError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node-id.ts";
import { silentObserver, type Observer } from "../../ports/observer.ts";
import type { Random } from "../../ports/random.ts";
import type { Timers } from "../../ports/timers.ts";
import type { Message, Plain } from "../../ports/transport.ts";
import type { LogEntry } from "../raft/raft-log.ts";
import type { RaftNode } from "../raft/raft-node.ts";
import type { Applied } from "../raft/state-machine-port.ts";
import { BufferCall } from "./buffer-call.ts";
import type { BufferPropose, BufferResult } from "./buffer-messages.ts";
import { ProposalDesk } from "./proposal-desk.ts";
import { OwnWrites } from "./own-writes.ts";
import { BufferUnavailableError, type ReceiptBufferSettings } from "./receipt-buffer.ts";
import type { ReceiptAnswer, ReceiptCommand } from "./receipt-command.ts";
import { ReceiptMachine } from "./receipt-machine.ts";
import type { ReceiptTable } from "./receipt-table.ts";
import { TableBuffer } from "./table-buffer.ts";

export interface ReplicatedReceiptBufferOptions extends ReceiptBufferSettings {
  readonly id: NodeId;
  /** The group's member on this node, which applies its entries by {@link ReplicatedReceiptBuffer.apply}. Asked when it is needed. */
  readonly raft: () => Pick<RaftNode, "propose" | "isLeader" | "leader">;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer?: Observer;
  send(to: NodeId, message: Message): void;
  /** How long a call may take, integer ms ≥ 1. Default 2,000. */
  readonly callTimeoutMs?: number;
  /** Pause after which a call that was not answered is tried again, integer ms ≥ 1. Default 100. */
  readonly resendMs?: number;
}

type Answered = Pick<BufferResult, "session" | "id" | "attempt" | "outcome" | "value">;

/** Calls under way at once; each has a session of its own, which the group remembers. */
const CALLS_MAX = 256;

/**
 * {@link ReceiptBuffer} that a Raft group keeps: a call resolves when a majority has it on disk and this node knows the answer.
 *
 * Every change is a command of the log, so that claims are ordered for all members alike, and a superseded one is refused whoever makes
 * it. A call takes effect at most once, however often it is sent. `counts` and `list` read this node's copy: it has what this node wrote,
 * and may lack what others did.
 *
 * @throws {BufferUnavailableError} a change that was not answered in time; `definite` when every attempt was refused, or none was made.
 * @example
 * const buffer = new ReplicatedReceiptBuffer({ ...env, raft: () => raft, send: (to, message) => env.transport.send(to, message) });
 * const raft = new RaftNode({ ...env, send, apply: (entry) => buffer.apply(entry) });
 * env.transport.subscribe((from, message) => {
 *   if (message.type.startsWith("buffer.")) buffer.receive(from, message);
 *   else raft.receive(from, message);
 * });
 * await raft.open();
 */
export class ReplicatedReceiptBuffer extends TableBuffer {
  readonly #options: ReplicatedReceiptBufferOptions;
  readonly #machine: ReceiptMachine;
  readonly #desk: ProposalDesk;
  readonly #ownWrites: OwnWrites;
  readonly #life: string;
  readonly #calls = new Map<string, BufferCall>();
  /** Sessions without a call under way, with the number of their last one. */
  readonly #idle: { readonly session: string; readonly id: number }[] = [];
  #sessions = 0;

  constructor(options: ReplicatedReceiptBufferOptions) {
    super(options);
    const { callTimeoutMs = 2_000, resendMs = 100, random, id } = options;
    for (const [key, value] of Object.entries({ callTimeoutMs, resendMs })) {
      if (!Number.isSafeInteger(value) || value < 1)
        throw new FaultlineError("BUFFER_CONFIG", `${key} must be an integer from 1 on; got ${String(value)}.`, {
          key,
          value,
        });
    }
    this.#options = options;
    // A life's sessions are its own: what an earlier one left under way must not be taken for a call of this one.
    this.#life = `${id}/${hex(random.uint32())}${hex(random.uint32())}`;
    this.#machine = new ReceiptMachine({ observer: options.observer ?? silentObserver });
    this.#ownWrites = new OwnWrites({ timers: options.timers, timeoutMs: callTimeoutMs });
    this.#desk = new ProposalDesk({
      raft: options.raft,
      answerTo: (session, number) => this.#machine.answerTo(session, number),
      send: (to, message) => {
        options.send(to, message);
      },
    });
  }

  /** For `RaftOptions.apply`. */
  apply(entry: LogEntry): Applied {
    const { client, seq } = entry;
    const { answer, result, hasEffect } = this.#machine.apply(entry);
    this.#ownWrites.applied(client, seq);
    const call = this.#calls.get(client);
    if (call?.id === seq) call.answered(answer);
    return { result, hasEffect };
  }

  /** For `RaftOptions.snapshot`. */
  snapshot(): Plain {
    return this.#machine.snapshot();
  }

  /** For `RaftOptions.restore`: calls that took effect in what was skipped are answered. */
  restore(state: Plain): void {
    this.#machine.restore(state);
    this.#ownWrites.restored((session, id) => this.#machine.answerTo(session, id) !== undefined);
    for (const call of [...this.#calls.values()]) {
      const answer = this.#machine.answerTo(call.session, call.id);
      if (answer !== undefined) call.answered(answer);
    }
  }

  /** Takes `buffer.propose` and `buffer.result`. */
  receive(from: NodeId, message: Message): void {
    if (message.type === "buffer.propose") this.#desk.receive(from, message as BufferPropose);
    else if (message.type === "buffer.result") this.#onResult(message as BufferResult);
  }

  /** Like {@link CommandBuffer.epochOf}; a server that this node's copy knows costs no command. */
  override async epochOf(serverId: string): Promise<number> {
    return this.#machine.table.knownEpoch(serverId) ?? super.epochOf(serverId);
  }

  /** Ends what is under way. */
  close(): void {
    for (const call of this.#calls.values()) call.giveUp("it was closed");
  }

  protected read<T>(look: (table: ReceiptTable) => T): Promise<T> {
    return this.#ownWrites.read(() => look(this.#machine.table));
  }

  protected submit(command: ReceiptCommand): Promise<ReceiptAnswer> {
    const { timers, callTimeoutMs = 2_000, resendMs = 100 } = this.#options;
    if (this.#calls.size === CALLS_MAX) {
      return Promise.reject(new BufferUnavailableError(`${String(CALLS_MAX)} calls are under way`, true));
    }
    const last = this.#idle.pop() ?? { session: `${this.#life}.${String(++this.#sessions)}`, id: 0 };
    const { session } = last;
    const id = last.id + 1;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#calls.delete(session);
        this.#idle.push({ session, id });
      };
      const call = new BufferCall({
        ...{ session, id, command, timers, resendMs, timeoutMs: callTimeoutMs },
        attempt: (one) => this.#attempt(one),
        resolve: (answer) => {
          end();
          resolve(answer);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      });
      this.#calls.set(session, call);
      call.start();
    });
  }

  #attempt(call: BufferCall): boolean {
    const { session, id } = call;
    const attempt = call.attempts;
    const command = call.command as unknown as Plain;
    const { isLeader, leader } = this.#options.raft();
    if (isLeader) {
      this.#desk.propose({ session, id, attempt, command }, (result) => {
        this.#onResult({ session, id, attempt, ...result });
      });
      return true;
    }
    if (leader === "") return false;
    const message: BufferPropose = { type: "buffer.propose", session, id, attempt, command };
    this.#options.send(leader as NodeId, message);
    return true;
  }

  #onResult({ session, id, attempt, outcome, value }: Answered): void {
    const call = this.#calls.get(session);
    if (call?.id !== id) return;
    if (outcome === "refused") call.refused(attempt);
    if (outcome !== "ok") return;
    if (this.#machine.answerTo(session, id) === undefined) this.#ownWrites.answered(session, id);
    call.answered(value as unknown as ReceiptAnswer);
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
