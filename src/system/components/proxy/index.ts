// `faultline/components/proxy`: has every session of a replicated application see its own writes, at whichever node it asks.
export { markShown, standingOn } from "./chain-standing.ts";
export type { OwnAnswer, ProxyAnswer, ProxyCode, RelayedAnswer } from "./proxy-answer.ts";
export type { OnReplicaWrite, ProxyConfig } from "./proxy-config.ts";
export type { ProxyNode, Standing } from "./proxy-node.ts";
export { ReadYourWritesProxy } from "./read-your-writes-proxy.ts";
export type { ProxyRequest, ReadYourWritesProxyOptions, Upstream, UpstreamResponse } from "./read-your-writes-proxy.ts";
export { formatMark, markOf, setCookieOf } from "./session-mark.ts";
export type { SessionMark } from "./session-mark.ts";
export type { Clock } from "../../ports/clock.ts";
export { FaultlineError, LiteFSConfigError } from "../../ports/errors.ts";
export { silentObserver } from "../../ports/observer.ts";
export type { Observer } from "../../ports/observer.ts";
export type { Timer, Timers } from "../../ports/timers.ts";
