import { z } from "zod";
import type { Plain } from "../../trace/plain.ts";
import { bandwidth } from "./bandwidth.ts";
import { bitRot } from "./bit-rot.ts";
import { blackhole } from "./blackhole.ts";
import { burstLoss } from "./burst-loss.ts";
import { contradictionsOf } from "./contradictions.ts";
import { corrupt } from "./corrupt.ts";
import { crash } from "./crash.ts";
import { delay } from "./delay.ts";
import { diskFsyncFails } from "./disk-fsync-fails.ts";
import { diskFull } from "./disk-full.ts";
import { diskLoseUnsynced } from "./disk-lose-unsynced.ts";
import { diskReadOnly } from "./disk-read-only.ts";
import { diskSlow } from "./disk-slow.ts";
import { diskStuck } from "./disk-stuck.ts";
import { diskTornWrite } from "./disk-torn-write.ts";
import { dnsStale } from "./dns-stale.ts";
import { drift } from "./drift.ts";
import { duplicate } from "./duplicate.ts";
import type { Contradiction, FaultKind } from "./fault.ts";
import { flap } from "./flap.ts";
import { freeze } from "./freeze.ts";
import { hold } from "./hold.ts";
import { jitter } from "./jitter.ts";
import { kill } from "./kill.ts";
import { leapSecond } from "./leap-second.ts";
import { loss } from "./loss.ts";
import { ofdDuplicateDelivery } from "./ofd-duplicate-delivery.ts";
import { ofdFails } from "./ofd-fails.ts";
import { ofdSlow } from "./ofd-slow.ts";
import { ofdTimeoutAfterAccept } from "./ofd-timeout-after-accept.ts";
import { order } from "./order.ts";
import { partition } from "./partition.ts";
import { pause } from "./pause.ts";
import { queueLimit } from "./queue-limit.ts";
import { redisDown } from "./redis-down.ts";
import { redisFailover } from "./redis-failover.ts";
import { redisSlow } from "./redis-slow.ts";
import { release } from "./release.ts";
import { reorder } from "./reorder.ts";
import { restart } from "./restart.ts";
import { restartLoop } from "./restart-loop.ts";
import { rollingRestart } from "./rolling-restart.ts";
import { sharedDisk } from "./shared-disk.ts";
import { skew } from "./skew.ts";
import { slow } from "./slow.ts";
import { smear } from "./smear.ts";
import { step } from "./step.ts";
import { strobe } from "./strobe.ts";
import { wipe } from "./wipe.ts";
import { wrongAtBoot } from "./wrong-at-boot.ts";

/** Every kind of fault there is, in the order of the reference. */
export const FAULT_KINDS = [
  ...[partition, flap],
  ...[delay, jitter, loss, burstLoss, duplicate, reorder, bandwidth, queueLimit, corrupt, blackhole, hold, release],
  ...[skew, drift, step, leapSecond, strobe, freeze, smear, wrongAtBoot],
  ...[crash, kill, restart, rollingRestart, pause, wipe, slow, restartLoop],
  ...[diskSlow, diskLoseUnsynced, diskTornWrite, diskFull, diskFsyncFails, diskReadOnly, diskStuck, bitRot],
  ...[sharedDisk],
  ...[redisDown, redisSlow, redisFailover],
  ...[order],
  ...[ofdFails, ofdTimeoutAfterAccept, ofdSlow, ofdDuplicateDelivery],
  ...[dnsStale],
] as const;

/** A fault as plain data: durations in text outside, in integer µs inside; roles stay names. */
export const faultSchema = z.discriminatedUnion("kind", [
  partition.schema,
  flap.schema,
  delay.schema,
  jitter.schema,
  loss.schema,
  burstLoss.schema,
  duplicate.schema,
  reorder.schema,
  bandwidth.schema,
  queueLimit.schema,
  corrupt.schema,
  blackhole.schema,
  hold.schema,
  release.schema,
  skew.schema,
  drift.schema,
  step.schema,
  leapSecond.schema,
  strobe.schema,
  freeze.schema,
  smear.schema,
  wrongAtBoot.schema,
  crash.schema,
  kill.schema,
  restart.schema,
  restartLoop.schema,
  rollingRestart.schema,
  pause.schema,
  slow.schema,
  wipe.schema,
  diskSlow.schema,
  diskLoseUnsynced.schema,
  diskTornWrite.schema,
  diskFull.schema,
  diskFsyncFails.schema,
  diskReadOnly.schema,
  diskStuck.schema,
  bitRot.schema,
  sharedDisk.schema,
  redisDown.schema,
  redisSlow.schema,
  redisFailover.schema,
  order.schema,
  ofdFails.schema,
  ofdTimeoutAfterAccept.schema,
  ofdSlow.schema,
  ofdDuplicateDelivery.schema,
  dnsStale.schema,
]);

/** A fault after parsing. */
export type FaultSpec = z.output<typeof faultSchema>;
/** A fault as it is written. */
export type FaultText = z.input<typeof faultSchema>;

const kinds = new Map<string, FaultKind<never>>(
  FAULT_KINDS.map((kind) => [kind.kind, kind as unknown as FaultKind<never>]),
);

/** The kind of a parsed fault, ready to take it. */
export function kindOf(spec: FaultSpec): FaultKind<FaultSpec> {
  return kinds.get(spec.kind) as unknown as FaultKind<FaultSpec>;
}

/** A parsed fault as it would be written, defaults included; `faultSchema` reads it back as it was. */
export function writeFault(spec: FaultSpec): Plain {
  return JSON.parse(JSON.stringify(z.encode(faultSchema, spec))) as Plain;
}

/** Faults that cannot both be meant, and faults that cannot be meant at all. Paths start at the list. */
export function findContradictions(faults: readonly FaultSpec[]): Contradiction[] {
  return contradictionsOf(faults.map((spec) => ({ spec, kind: kindOf(spec) as FaultKind<never> })));
}

/** The faults, each with an id: its own, or its kind, numbered from the second on. */
export function withFaultIds(faults: readonly FaultSpec[]): readonly (FaultSpec & { readonly id: string })[] {
  const used = new Set(faults.map((fault) => fault.id));
  return faults.map((fault) => {
    if (fault.id !== undefined) return { ...fault, id: fault.id };
    let id: string = fault.kind;
    for (let n = 2; used.has(id); n++) id = `${fault.kind}-${String(n)}`;
    used.add(id);
    return { ...fault, id };
  });
}
