import type { NodeEnv, Program, RunningProgram } from "../ports/node.ts";

/**
 * A program of a name and the function that starts it, for programs with no orderly end to speak of.
 *
 * @param name   Kebab-case: what scenarios call it.
 * @param start  Runs when the node starts, and again after each restart; what it returns is the way to stop it in order.
 * @example
 * const echo = defineProgram("echo", ({ transport }) => {
 *   transport.subscribe((from, message) => transport.send(from, message));
 * });
 */
export function defineProgram<Config = unknown>(
  name: string,
  start: (env: NodeEnv, config: Config) => RunningProgram,
): Program<Config>;
export function defineProgram<Config = unknown>(
  name: string,
  start: (env: NodeEnv, config: Config) => void,
): Program<Config>;
export function defineProgram<Config>(name: string, start: (env: NodeEnv, config: Config) => unknown): Program<Config> {
  return { name, start: (env, config) => (start(env, config) as RunningProgram | undefined) ?? {} };
}
