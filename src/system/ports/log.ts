import type { ErrorFacts } from "./errors.ts";

export type LogLevel = "info" | "warning" | "error" | "critical";

/** Tells people what whoever runs the node should know. It must not throw. */
export type Log = (level: LogLevel, message: string, facts?: ErrorFacts) => void;

/** A {@link Log} that nobody reads. */
export const silentLog: Log = () => undefined;
