// `faultline/components/hlc`: hybrid logical clocks and their stamps.
export { HlcClock } from "./hlc-clock.ts";
export type { DurableHlcClockOptions, HlcClockOptions, HlcStats } from "./hlc-clock.ts";
export { HlcBoundError, HlcOffsetError, HlcOverflowError, HlcStampError } from "./hlc-errors.ts";
export { compareStamps, decodeStamp, encodeStamp } from "./stamp.ts";
export type { HlcStamp } from "./stamp.ts";
export type { Clock } from "../../ports/clock.ts";
export type { Disk } from "../../ports/disk.ts";
export { FaultlineError } from "../../ports/errors.ts";
export { nodeId } from "../../ports/node-id.ts";
export type { NodeId } from "../../ports/node-id.ts";
export { silentObserver } from "../../ports/observer.ts";
export type { Observer } from "../../ports/observer.ts";
export type { Timers } from "../../ports/timers.ts";
