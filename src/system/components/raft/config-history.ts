import { fromCommand, type ConfigAt, type GroupConfig } from "./group-config.ts";
import type { LogEntry } from "./raft-log.ts";
import type { Snapshot } from "./snapshot.ts";

/** The configurations of a log, oldest first, beginning with the one below it: the newest is in force, committed or not. */
export class ConfigHistory {
  #configs: ConfigAt[];

  constructor(founding: GroupConfig) {
    this.#configs = [{ index: 0, term: 0, config: founding }];
  }

  get newest(): ConfigAt {
    return this.#configs.at(-1) as ConfigAt;
  }
  /** The one in force for a log that ends at `index`. */
  at(index: number): ConfigAt {
    return this.#configs.findLast((one) => one.index <= index) as ConfigAt;
  }

  /** @returns whether the entry brought another configuration. */
  add({ type, index, term, command }: LogEntry): boolean {
    // What the first one says is the sum of all before it.
    if (type !== "config" || index <= (this.#configs[0] as ConfigAt).index) return false;
    this.#configs.push({ index, term, config: fromCommand(command) });
    return true;
  }

  /** The entries from `from` on are gone. @returns whether another configuration is in force now. */
  truncate(from: number): boolean {
    const { length } = this.#configs;
    while (this.newest.index >= from) this.#configs.pop();
    return this.#configs.length < length;
  }

  /**
   * A snapshot's takes the place of all up to the snapshot's index.
   *
   * @param isHeld  Whether the entries after that stay in the log.
   * @returns whether another configuration is in force now.
   */
  restore(snapshot: Pick<Snapshot, "index" | "config">, isHeld: boolean): boolean {
    const { index, term } = this.newest;
    const later = isHeld ? this.#configs.filter((one) => one.index > snapshot.index) : [];
    this.#configs = [snapshot.config, ...later];
    return this.newest.index !== index || this.newest.term !== term;
  }
}
