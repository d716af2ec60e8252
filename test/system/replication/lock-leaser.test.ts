import { describe, expect, it } from "vitest";
import {
  mayBeNewest,
  parseLeaseRecord,
  formatLeaseRecord,
} from "../../../src/system/components/replication/lease-record.ts";
import { START, type Position } from "../../../src/system/components/replication/position.ts";
import { NotPrimaryError } from "../../../src/system/ports/database-errors.ts";
import { FaultlineError } from "../../../src/system/ports/errors.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import { LeaseGroup } from "./lease-world.ts";

const at = (txid: number, checksum = txid): Position => ({ txid: BigInt(txid), checksum: BigInt(checksum) });
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe("who may be the newest", () => {
  const record = { node: nodeId("n1"), epoch: 5, position: at(98) };
  const own = (epoch: number, position: Position) => ({ maxEpoch: 9, epoch, position });

  it("is anybody while there was no holder, and who has all that the last one shared of its epoch", () => {
    expect(mayBeNewest(own(0, START), undefined)).toBe(true);
    expect([97, 98, 120].map((txid) => mayBeNewest(own(5, at(txid)), record))).toEqual([false, true, true]);
    expect(mayBeNewest(own(6, at(3)), record)).toBe(true);
  });

  it("is of an older epoch only who stands exactly where the holder began, however long its own tail is", () => {
    expect([97, 98, 120].map((txid) => mayBeNewest(own(4, at(txid)), record))).toEqual([false, true, false]);
    expect(mayBeNewest(own(4, at(98, 7)), record)).toBe(false);
  });

  it("is told by a record that reads as it was written, and by no other text", () => {
    expect(parseLeaseRecord(formatLeaseRecord(record))).toEqual(record);
    for (const text of ["", "5 98 n1", "0 0000000000000062/0000000000000062 n1", formatLeaseRecord(record) + " n2"])
      expect(() => parseLeaseRecord(text)).toThrow(FaultlineError);
  });
});

describe("a leaser on a lock", () => {
  it("counts from the asking, and leaves a lease that ran out to nobody for the lock delay", async () => {
    const group = await LeaseGroup.start({ nodes: ["n1", "n2"], ttlMs: 2_000, lockDelayMs: 700 });
    const lease = await group.acquire("n1");
    group.cut("n1");
    expect(lease.leftMs).toBeLessThan(2_000);
    await group.pass(1_900);
    expect(lease.isValid).toBe(true);
    await group.pass(100);
    expect(lease.isValid).toBe(false);
    expect(await failure(group.acquire("n2"))).toBeInstanceOf(NotPrimaryError);
    await group.pass(800);
    expect((await group.acquire("n2")).epoch).toBe(lease.epoch + 1);
  });

  it("is granted to the next one at once when it is closed", async () => {
    const group = await LeaseGroup.start({ nodes: ["n1", "n2"] });
    const lease = await group.acquire("n1");
    lease.close();
    expect(lease.isValid).toBe(false);
    await group.pass(10);
    expect((await group.acquire("n2")).isValid).toBe(true);
  });

  it("says within a quarter of the lease that a renewal failed, which changes nothing yet", async () => {
    const group = await LeaseGroup.start({ nodes: ["n1"], ttlMs: 2_000 });
    const lease = await group.acquire("n1");
    const heal = group.cut("n1");
    const renewal = lease.renew();
    await group.pass(501);
    expect([await renewal, lease.isValid]).toEqual([false, true]);
    heal();
    expect(await group.settled(lease.renew())).toBe(true);
    expect(lease.leftMs).toBeGreaterThan(1_900);
  });

  it("does not ask for a former primary that somebody newer has followed, whatever it has alone", async () => {
    const group = await LeaseGroup.start({ nodes: ["n1", "n2", "n3"] });
    (await group.acquire("n1")).close();
    await group.pass(10);
    const second = await group.acquire("n2");
    group.standings.set("n2", { maxEpoch: 2, epoch: 2, position: at(3) });
    expect(await group.settled(second.renew())).toBe(true);
    await group.pass(10);
    second.close();
    group.standings.set("n1", { maxEpoch: 2, epoch: 1, position: at(40, 1) });
    group.standings.set("n3", { maxEpoch: 2, epoch: 2, position: at(3) });
    const refusal = await failure(group.acquire("n1"));
    expect(refusal).toMatchObject({ primaryHostname: "n2", facts: { reason: "older than the last primary" } });
    expect(await group.settled(group.redis("n1").get("lease"))).toBeUndefined();
    expect((await group.acquire("n3")).epoch).toBe(3);
  });

  it("lets the last primary come back while nobody newer has taken over", async () => {
    const group = await LeaseGroup.start({ nodes: ["n1"] });
    const first = await group.acquire("n1");
    group.standings.set("n1", { maxEpoch: 1, epoch: 1, position: at(8) });
    await group.settled(first.renew());
    first.close();
    await group.pass(10);
    group.standings.set("n1", { maxEpoch: 1, epoch: 1, position: at(7) });
    expect(await failure(group.acquire("n1"))).toBeInstanceOf(NotPrimaryError);
    group.standings.set("n1", { maxEpoch: 1, epoch: 1, position: at(9) });
    expect((await group.acquire("n1")).epoch).toBe(2);
  });

  it("asks for an epoch above what it has seen, so that a store that forgot gives no old one", async () => {
    const group = await LeaseGroup.start({ nodes: ["n1"] });
    group.standings.set("n1", { maxEpoch: 41, epoch: 41, position: at(8) });
    expect((await group.acquire("n1")).epoch).toBe(42);
  });

  it("refuses, and gives back, a number that is no epoch", async () => {
    const group = await LeaseGroup.start({ nodes: ["n1"] });
    await group.settled(group.redis("n1").set("fence:{lease}", "9007199254740991"));
    expect(await failure(group.acquire("n1"))).toMatchObject({ code: "LEASE_EPOCH" });
    await group.pass(10);
    expect(await group.settled(group.redis("n1").get("lease"))).toBeUndefined();
  });

  it("passes an offered lease on once, under a larger epoch, and is nobody's to anybody else meanwhile", async () => {
    const group = await LeaseGroup.start({ nodes: ["n1", "n2", "n3"] });
    const lease = await group.acquire("n1");
    const offer = lease.offer() as string;
    expect([lease.isValid, lease.offer()]).toEqual([false, undefined]);
    expect(await failure(group.acquire("n3"))).toBeInstanceOf(NotPrimaryError);
    expect(await failure(group.acquire("n1"))).toBeInstanceOf(NotPrimaryError);
    const next = await group.takeOver("n2", offer);
    expect([next.isValid, next.epoch]).toEqual([true, lease.epoch + 1]);
    expect(group.leaser("n2").primaryInfo()).toEqual({ node: "n2", epoch: next.epoch });
    for (const id of ["n1", "n3"]) expect(await failure(group.takeOver(id, offer))).toBeInstanceOf(NotPrimaryError);
  });

  it("takes back what it has offered, and then nobody can take it any more", async () => {
    const group = await LeaseGroup.start({ nodes: ["n1", "n2"] });
    const lease = await group.acquire("n1");
    const offer = lease.offer() as string;
    const again = await group.takeOver("n1", offer);
    expect([again.isValid, again.epoch]).toEqual([true, lease.epoch + 1]);
    expect(await failure(group.takeOver("n2", offer))).toBeInstanceOf(NotPrimaryError);
    expect(again.isValid).toBe(true);
  });
});
