import type { UnitJob } from "../../../src/integrations/bullmq/sweep-order.ts";
import type { QueueEvent, UnitOutcome, UnitQueue, UnitState } from "../../../src/integrations/bullmq/unit-queue.ts";

interface Entry {
  readonly job: UnitJob;
  state: Exclude<UnitState, "absent">;
  outcome?: UnitOutcome;
}

/** A queue in memory, whose workers are the test; it can be told to forget, and to say nothing. */
export class FakeQueue implements UnitQueue {
  readonly entries = new Map<string, Entry>();
  isClosed = false;
  /** What every call throws, while it is set. */
  broken: Error | undefined;
  #listener: (event: QueueEvent) => void = () => undefined;

  add(id: string, job: UnitJob): Promise<void> {
    return this.#answer(() => {
      if (!this.entries.has(id)) this.entries.set(id, { job, state: "waiting" });
    });
  }

  stateOf(id: string): Promise<UnitState> {
    return this.#answer(() => this.entries.get(id)?.state ?? "absent");
  }

  outcomeOf(id: string): Promise<UnitOutcome | undefined> {
    return this.#answer(() => this.entries.get(id)?.outcome);
  }

  remove(id: string): Promise<void> {
    return this.#answer(() => {
      if (this.entries.get(id)?.state !== "active") this.entries.delete(id);
    });
  }

  async abandon(sweep: string): Promise<void> {
    for (const id of [...this.entries.keys()]) if (id.startsWith(`${sweep}-`)) await this.remove(id);
  }

  listen(listener: (event: QueueEvent) => void): void {
    this.#listener = listener;
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  tell(event: QueueEvent): void {
    this.#listener(event);
  }

  /** What a worker does; silently, as where an event is lost. */
  take(id: string): void {
    this.#entry(id).state = "active";
  }

  end(id: string, outcome: UnitOutcome): void {
    const entry = this.#entry(id);
    entry.state = "part" in outcome ? "done" : "failed";
    entry.outcome = outcome;
  }

  #entry(id: string): Entry {
    const entry = this.entries.get(id);
    if (entry === undefined) throw new Error(`There is no unit ${id}.`);
    return entry;
  }

  #answer<T>(work: () => T): Promise<T> {
    return this.broken === undefined ? Promise.resolve(work()) : Promise.reject(this.broken);
  }
}
