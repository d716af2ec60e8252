import { NotPrimaryError } from "../../ports/database-errors.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { Lease, Leaser, PrimaryInfo } from "./leaser.ts";

/** Of the one leadership there is. */
export const STATIC_EPOCH = 1;

/** {@link Leaser} with one designated primary, for good: when it is away there is none. */
export class StaticLeaser implements Leaser {
  readonly type = "static";
  readonly #id: NodeId;
  readonly #primary: NodeId;
  #clusterId: string;

  /** @param options.clusterId As this node stored it; `""` for none. */
  constructor(options: { readonly id: NodeId; readonly primary: NodeId; readonly clusterId?: string }) {
    this.#id = options.id;
    this.#primary = options.primary;
    this.#clusterId = options.clusterId ?? "";
  }

  acquire(): Promise<Lease> {
    if (this.#id !== this.#primary) return Promise.reject(new NotPrimaryError(this.#primary, { leaser: this.type }));
    return Promise.resolve({
      id: `${this.#id}@${String(STATIC_EPOCH)}`,
      epoch: STATIC_EPOCH,
      isValid: true,
      renew: () => Promise.resolve(true),
      close: () => undefined,
    });
  }
  /** Nothing is ever handed over. */
  acquireExisting(leaseId: string): Promise<Lease> {
    return Promise.reject(new NotPrimaryError(this.#primary, { leaser: this.type, leaseId }));
  }
  primaryInfo(): PrimaryInfo {
    return { node: this.#primary, epoch: STATIC_EPOCH };
  }
  clusterId(): string {
    return this.#clusterId;
  }
  setClusterId(id: string): Promise<string> {
    if (this.#clusterId === "") this.#clusterId = id;
    return Promise.resolve(this.#clusterId);
  }
}
