import { describe, expect, it } from "vitest";
import type { Leaser } from "../../src/system/components/replication/leaser.ts";
import { NotPrimaryError } from "../../src/system/ports/database-errors.ts";

/** A leaser on the node that is going to be primary, one on a node that is not, and a way to let time pass. */
export interface LeasersUnderTest {
  readonly primary: Leaser;
  readonly other: Leaser;
  readonly primaryId: string;
  /** Resolves once the primary may take its lease. */
  ready(): Promise<void>;
  /** Cuts the primary off for longer than a lease; `undefined` where that changes nothing. */
  cutOff?(): Promise<void>;
  pass(ms: number): Promise<void>;
}

export type WithLeasers = (body: (leasers: LeasersUnderTest) => Promise<void>) => Promise<void>;

/** What every {@link Leaser} must do. */
export function describeLeaser(name: string, withLeasers: WithLeasers): void {
  describe(`leaser: ${name}`, () => {
    it("gives the lease to the primary, and to nobody else, whom it tells who has it", () =>
      withLeasers(async ({ primary, other, primaryId, ready }) => {
        await ready();
        const lease = await primary.acquire();
        expect(lease.isValid).toBe(true);
        expect(lease.epoch).toBeGreaterThan(0);
        const refusal = await other.acquire().catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(NotPrimaryError);
        expect((refusal as NotPrimaryError).primaryHostname).toBe(primaryId);
      }));

    it("says who is primary, of which epoch, on every node", () =>
      withLeasers(async ({ primary, other, primaryId, ready }) => {
        await ready();
        const { epoch } = await primary.acquire();
        for (const leaser of [primary, other]) expect(leaser.primaryInfo()).toEqual({ node: primaryId, epoch });
      }));

    it("renews while it may, and gives the same lease to who asks again", () =>
      withLeasers(async ({ primary, ready, pass }) => {
        await ready();
        const lease = await primary.acquire();
        await pass(500);
        expect(await lease.renew()).toBe(true);
        expect((await primary.acquire()).id).toBe(lease.id);
      }));

    it("knows that the lease has ended when the primary was cut off, without being told", () =>
      withLeasers(async ({ primary, ready, cutOff }) => {
        await ready();
        const lease = await primary.acquire();
        if (cutOff === undefined) {
          // A designated primary is primary whoever hears it.
          expect(primary.type).toBe("static");
          return;
        }
        await cutOff();
        expect(lease.isValid).toBe(false);
        expect(await lease.renew()).toBe(false);
        await expect(primary.acquire()).rejects.toBeInstanceOf(NotPrimaryError);
      }));

    it("hands no lease to a node that it was not given to", () =>
      withLeasers(async ({ primary, other, ready }) => {
        await ready();
        const lease = await primary.acquire();
        for (const id of [lease.id, "nobody@1", "nonsense", ""])
          await expect(other.acquireExisting(id)).rejects.toBeInstanceOf(NotPrimaryError);
      }));

    it("names the cluster once: the second name is the first", () =>
      withLeasers(async ({ primary, ready }) => {
        await ready();
        expect(primary.clusterId()).toBe("");
        expect(await primary.setClusterId("first")).toBe("first");
        expect(await primary.setClusterId("second")).toBe("first");
        expect(primary.clusterId()).toBe("first");
      }));
  });
}
