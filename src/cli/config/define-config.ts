import type { Config } from "./config-schema.ts";

/**
 * Gives a config file its types.
 *
 * @example
 * export default defineConfig({ scenarios: ["scenarios/*.yaml"], seeds: "1..500" });
 */
export function defineConfig(config: Config): Config {
  return config;
}
