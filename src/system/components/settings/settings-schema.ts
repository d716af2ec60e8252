import { z } from "zod";
import { parseDuration } from "./durations.ts";

/** `host:port`, or `:port` where every address of the machine is meant. */
const ADDRESS = /^(?<host>[^\s:]*|\[[0-9a-fA-F:.]+\]):(?<port>\d{1,5})$/;

function address(options: { readonly needsHost: boolean }): z.ZodType<string> {
  return z.string().refine(
    (text) => {
      const { host = "", port = "" } = ADDRESS.exec(text)?.groups ?? {};
      return port !== "" && Number(port) >= 1 && Number(port) <= 65_535 && (host !== "" || !options.needsHost);
    },
    { error: options.needsHost ? 'Expected "host:port".' : 'Expected ":port" or "host:port".' },
  );
}

const directory = z.string().refine((path) => path.startsWith("/") && !path.split("/").includes(".."), {
  error: 'Expected an absolute path without "..".',
});

/** A name of one file, and no way out of its directory. */
const fileName = z
  .string()
  .regex(/^(?!\.{1,2}$)[^/\0]+$/, { error: "Expected the name of a file, without a directory." });

const duration = z.string().refine((text) => parseDuration(text) !== undefined, {
  error: 'Expected a duration such as "1h" or "30m".',
});

/** The seeds' dictionary `LITEFS`: every key, and what it may hold. No key is required here: what is, depends on the others. */
export const settingsSchema = z.strictObject({
  MOUNT_PATH: directory.optional(),
  DATA_PATH: directory.optional(),
  DATABASE_NAME: fileName.optional(),
  LEADER_ELECTION: z.enum(["static", "raft"]).optional(),
  PRIMARY_HOSTNAME: z.string().trim().min(1).optional(),
  PROXY_ADDR: address({ needsHost: false }).optional(),
  ENABLED: z.boolean().optional(),
  RETENTION: duration.optional(),
  RAFT_SELF_ADDR: address({ needsHost: true }).optional(),
  RAFT_PEERS: z.array(address({ needsHost: true })).optional(),
  PROXY: z
    .strictObject({
      ADDR: address({ needsHost: false }).default(":8080"),
      TARGET: address({ needsHost: true }).default("localhost:8000"),
      DB: fileName.default("db.sqlite3"),
    })
    .optional(),
  DETECT_SPLIT_BRAIN: z.boolean().optional(),
  SPLIT_BRAIN_CHECK_INTERVAL: z.int().min(1).optional(),
  MARKER_SEMANTICS: z.enum(["seed", "litefs"]).optional(),
  raft_adapter: z.unknown().optional(),
  RAFT_ADAPTER: z.unknown().optional(),
});

/** The dictionary as an application writes it. */
export type LiteFSSettingsDict = z.input<typeof settingsSchema>;

/** The same, checked. */
export type CheckedSettings = z.output<typeof settingsSchema>;

/** Values of the keys that have one when they are left out. */
export const SETTINGS_DEFAULTS = {
  MOUNT_PATH: "/litefs",
  DATA_PATH: "/var/lib/litefs",
  DATABASE_NAME: "db.sqlite3",
  LEADER_ELECTION: "static",
  PROXY_ADDR: ":8080",
  ENABLED: true,
  RETENTION: "1h",
} as const;
