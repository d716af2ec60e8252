/** One room of the house (docs/architecture.md): whose files may import whose. A file may always import its own room's. */
export interface Room {
  /** A folder or a file under `src/`; the longest that fits a file is its room. */
  readonly room: string;
  /** Rooms whose files it may import. */
  readonly mayImport: readonly string[];
  /** Packages and Node modules it may import; without it, any. */
  readonly packages?: readonly string[];
}

const PORTS = "system/ports";
const TRACE = "trace";

/** A component may know those to its left, so that each can be read, tested and used without those to its right. */
const COMPONENTS_LEFT_TO_RIGHT = [
  ...["hlc", "circuit-breaker", "failure-detector", "lock", "raft", "split-brain", "failover"],
  ...["replication", "receipts", "proxy", "guard"],
].map((name) => `system/components/${name}`);

/** Of Node's own modules a component may use this one: a checksum is the same everywhere. */
const PURE = ["node:zlib"];

const SETTINGS = "system/components/settings";
const COMPONENTS = [...COMPONENTS_LEFT_TO_RIGHT, SETTINGS];
const KERNEL = "sim/kernel";
const SIM = ["sim", KERNEL];
const SYSTEM = [PORTS, ...COMPONENTS, "system/programs", "system/programs/protocols"];
const LAB_BELOW_RUN = ["lab/scenario", "lab/workloads", "lab/checkers", "lab/report"];

/** Who may import whom. What is not here may not be. */
export const ROOMS: readonly Room[] = [
  // The ground floor.
  { room: PORTS, mayImport: [], packages: [] },
  { room: TRACE, mayImport: [], packages: ["node:zlib"] },

  // The system: production code, which no simulator is known to.
  ...COMPONENTS_LEFT_TO_RIGHT.map((room, place) => ({
    room,
    mayImport: [PORTS, ...COMPONENTS_LEFT_TO_RIGHT.slice(0, place)],
    packages: PURE,
  })),
  { room: SETTINGS, mayImport: [PORTS], packages: ["zod"] },
  { room: "system/components/index.ts", mayImport: [PORTS, ...COMPONENTS], packages: [] },
  { room: "system/programs", mayImport: [PORTS, ...COMPONENTS, "system/programs/protocols"], packages: [] },
  { room: "system/live", mayImport: [PORTS, ...COMPONENTS] },

  // The sim: a world for it to live in.
  { room: KERNEL, mayImport: [TRACE] },
  { room: "sim", mayImport: [KERNEL, TRACE, PORTS] },
  { room: "sim/faults", mayImport: [...SIM, TRACE] },

  // The lab: breaks that world and judges what happens.
  { room: "lab/workloads", mayImport: [PORTS, "system/programs/protocols", TRACE], packages: [] },
  { room: "lab/checkers", mayImport: [TRACE], packages: [] },
  { room: "lab/report", mayImport: [TRACE] },
  { room: "lab/scenario", mayImport: ["sim/faults", TRACE] },
  { room: "lab/run", mayImport: [...SYSTEM, TRACE, ...SIM, "sim/faults", ...LAB_BELOW_RUN] },
  { room: "lab/explore", mayImport: ["lab/run", "lab/scenario", "sim/faults", TRACE] },

  // The doors.
  { room: "integrations", mayImport: ["*"] },
  { room: "cli", mayImport: ["*"] },
  { room: "index.ts", mayImport: ["*"] },
];

/** Files that are a room of their own wherever they stand: what goes over the wire, which clients must know. */
export const PROTOCOLS = {
  room: "system/programs/protocols",
  files: /^system\/programs\/[^/]+\/protocol\.ts$/,
  mayImport: [PORTS],
  packages: [],
} as const;
