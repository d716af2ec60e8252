import { LiteFSConfigError } from "../../ports/errors.ts";
import type { NodeIdResolverPort } from "../../ports/split-brain.ts";

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads this node's id from `LITEFS_NODE_ID`, which has to be unique in the cluster. */
export class EnvironmentNodeIdResolver implements NodeIdResolverPort {
  readonly #environment: Environment;

  /** @param environment Usually `process.env`; a component reads no global. */
  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** @throws {LiteFSConfigError} `LITEFS_NODE_ID` when it is not set, or empty. */
  resolveNodeId(): string {
    const id = this.#environment["LITEFS_NODE_ID"]?.trim() ?? "";
    if (id !== "") return id;
    throw new LiteFSConfigError(
      "LITEFS_NODE_ID",
      "The environment variable LITEFS_NODE_ID is not set. Give each node an id of its own: export LITEFS_NODE_ID=node-0.",
    );
  }
}
