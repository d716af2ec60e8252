import type { Micros, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";

/** A moment at which something must have come true. Arming an armed one moves it. */
export interface Deadline {
  arm(time: Micros): void;
  cancel(): void;
}

class Entry implements Deadline {
  due: Micros = Infinity;
  readonly callback: (due: Micros) => void;
  readonly #owner: Deadlines;
  constructor(owner: Deadlines, callback: (due: Micros) => void) {
    this.#owner = owner;
    this.callback = callback;
  }
  arm(time: Micros): void {
    this.due = time;
    this.#owner.hasten(time);
  }
  cancel(): void {
    this.due = Infinity;
  }
}

/**
 * Calls back when the run has passed a moment: at the first record later than it, before any other view or checker sees that
 * record. So what the callback finds is the world exactly as it was at the deadline, as far as records tell.
 */
export class Deadlines implements TraceListener {
  // Everything a deadline may depend on, and messages that go on in any cluster that is alive, so that no deadline waits long.
  readonly triggers = [
    "state",
    "fault",
    "sent:detector.ping",
    "sent:raft.heartbeat",
    "sent:raft.pre-vote",
    "point:store.accept",
    "point:receipt.status",
    "point:breaker.*",
  ];
  readonly #entries: Entry[] = [];
  #next: Micros = Infinity;

  create(callback: (due: Micros) => void): Deadline {
    const entry = new Entry(this, callback);
    this.#entries.push(entry);
    return entry;
  }

  hasten(time: Micros): void {
    if (time < this.#next) this.#next = time;
  }

  on(record: TraceRecord): void {
    if (record.time > this.#next) this.pass(record.time);
  }
  onMessage(_kind: string, _id: number, time: Micros): void {
    if (time > this.#next) this.pass(time);
  }

  /** Calls what was due before `time`, earliest first, ties in order of creation. */
  pass(time: Micros): void {
    for (;;) {
      let first: Entry | undefined;
      for (const entry of this.#entries) if (first === undefined || entry.due < first.due) first = entry;
      this.#next = first?.due ?? Infinity;
      if (first === undefined || first.due >= time) return;
      const due = first.due;
      first.due = Infinity;
      first.callback(due);
    }
  }
}
