// Writes the reference pages docs/faults.md, docs/scenario.md and docs/checks.md from what the code says of itself.
// Usage: npm run build && node scripts/build-docs.mjs [--check]
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const MADE = "<!-- Made by scripts/build-docs.mjs; change the code it is made from, then run it again. -->";

/** One example of each kind, and of each shape of partition, as a scenario has it. */
const EXAMPLES = {
  partition: [
    "{ kind: partition, shape: split, groups: [[leader, any-follower], [rest]], at: 10s, for: 30s }",
    "{ kind: partition, shape: isolate, node: leader, at: 10s, for: 5s }",
    "{ kind: partition, shape: one-way, a: leader, b: [rest], at: 10s, for: 5s }",
    "{ kind: partition, shape: deaf, node: n2, at: 10s, for: 5s }",
    "{ kind: partition, shape: mute, node: leader, at: 10s, for: 5s }",
    "{ kind: partition, shape: bridge, groups: [[n1, n2], [n4, n5]], bridge: n3, at: 10s, for: 5s }",
    "{ kind: partition, shape: majorities-ring, at: 10s, for: 5s }",
    "{ kind: partition, shape: hub-loss, hub: n3, groups: [[n1, n2], [n4, n5]], at: 10s, for: 5s }",
    "{ kind: partition, shape: random-halves, at: 10s, for: 5s }",
    "{ kind: partition, shape: chain, nodes: [n1, n2, n3, n4, n5], at: 10s, for: 5s }",
    "{ kind: partition, shape: links, links: [[n1, n2], [n3, n1]], both: true, at: 10s, for: 5s }",
  ],
  flap: [
    "{ kind: flap, shape: { shape: isolate, node: n2 }, down: 200ms, up: { min: 100ms, max: 400ms }, at: 5s, for: 20s }",
    "{ kind: flap, shape: { shape: links, links: [[n1, n2]] }, period: 1s, duty: 30%, at: 5s, for: 20s }",
  ],
  delay: ["{ kind: delay, links: [[n1, n2]], both: true, by: 80ms, at: 5s, for: 10s }"],
  jitter: ["{ kind: jitter, links: all, upTo: 50ms, at: 5s, for: 10s }"],
  loss: ["{ kind: loss, node: leader, rate: 30%, at: 5s, for: 10s }"],
  "burst-loss": [
    "{ kind: burst-loss, links: [[leader, any-follower]], burst: { min: 20ms, max: 200ms }, gap: 500ms, at: 5s, for: 10s }",
  ],
  duplicate: ["{ kind: duplicate, links: all, rate: 10%, at: 5s, for: 10s }"],
  reorder: ["{ kind: reorder, links: all, rate: 10%, by: 20ms, at: 5s, for: 10s }"],
  bandwidth: ["{ kind: bandwidth, node: leader, rate: 64kB/s, at: 5s, for: 10s }"],
  "queue-limit": [
    "{ kind: queue-limit, node: leader, messages: 20, at: 5s, for: 10s }",
    "{ kind: bandwidth, node: leader, rate: 16kB/s, at: 5s, for: 10s }",
  ],
  blackhole: ["{ kind: blackhole, links: [[leader, any-follower]], both: true, at: 5s, for: 10s }"],
  corrupt: ["{ kind: corrupt, links: all, rate: 5%, at: 5s, for: 10s }"],
  hold: ["{ kind: hold, node: n2, at: 5s, for: 10s }"],
  release: [
    "{ kind: hold, nodes: [n2, n3], at: 5s, for: 10s }",
    "{ kind: release, links: [[n1, n2]], both: true, at: 8s }",
  ],
  skew: ["{ kind: skew, node: n3, offset: +250ms, at: 5s, for: 30s }"],
  drift: ["{ kind: drift, node: n3, ppm: 200, at: 5s, for: 30s }"],
  step: ["{ kind: step, node: leader, by: -2s, at: 10s }"],
  "leap-second": ["{ kind: leap-second, nodes: [all], at: 10s }"],
  strobe: ["{ kind: strobe, node: leader, offset: +2s, every: 100ms, at: 5s, for: 10s }"],
  freeze: ["{ kind: freeze, node: n3, at: 5s, for: 10s }"],
  smear: ["{ kind: smear, nodes: [all], by: -1s, over: 20s, at: 5s, for: 40s }"],
  "wrong-at-boot": [
    "{ kind: wrong-at-boot, node: n2, offset: -1h, corrected: 10s, at: 1s }",
    "{ kind: crash, node: n2, at: 10s, for: 2s }",
  ],
  crash: ["{ kind: crash, node: leader, at: [5s, 15s], for: 3s }"],
  kill: ["{ kind: kill, nodes: [random(2)], at: 10s, for: 3s }"],
  restart: [
    "{ kind: restart, node: any-follower, how: kill, down: 500ms, at: 10s }",
    "{ kind: crash, node: n2, at: 20s }",
    "{ kind: restart, node: n2, how: start, at: 25s }",
  ],
  "rolling-restart": ["{ kind: rolling-restart, nodes: [all], down: 1s, gap: 3s, at: 10s }"],
  "restart-loop": [
    "{ kind: restart-loop, node: any-follower, up: { min: 200ms, max: 1s }, down: 500ms, at: 10s, for: 15s }",
  ],
  slow: ["{ kind: slow, node: leader, factor: 200, at: 10s, for: 10s }"],
  pause: ["{ kind: pause, node: leader, at: 10s, for: 4s }"],
  wipe: ["{ kind: wipe, node: any-follower, at: 10s, for: 5s }"],
  "disk-slow": ["{ kind: disk-slow, node: leader, syncBy: 400ms, at: 10s, for: 10s }"],
  "disk-lose-unsynced": [
    "{ kind: disk-lose-unsynced, nodes: [all], at: 10s, for: 1s }",
    "{ kind: crash, nodes: [all], at: 10500ms, for: 2s }",
  ],
  "disk-torn-write": [
    "{ kind: disk-torn-write, node: n2, at: 10s, for: 1s }",
    "{ kind: crash, node: n2, at: 10500ms, for: 2s }",
  ],
  "disk-full": ["{ kind: disk-full, node: leader, at: 10s, for: 60s }"],
  "disk-fsync-fails": [
    "{ kind: disk-fsync-fails, node: n2, at: 10s, for: 2s }",
    "{ kind: restart, node: n2, how: start, at: 15s }",
  ],
  "disk-read-only": ["{ kind: disk-read-only, node: n2, at: 10s, for: 5s }"],
  "disk-stuck": ["{ kind: disk-stuck, node: leader, at: 10s, for: 5s }"],
  "shared-disk": ["{ kind: shared-disk, node: any-follower, of: leader, at: 10s, for: 5s }"],
  "bit-rot": ["{ kind: bit-rot, node: n2, path: raft/log, bits: 3, at: 10s }"],
  "redis-down": ["{ kind: redis-down, at: 10s, for: 5s }"],
  "redis-slow": ["{ kind: redis-slow, by: 800ms, at: 10s, for: 20s }"],
  order: ["{ kind: order, node: leader, order: { type: raft.transfer, to: n2 }, at: 10s }"],
  "redis-failover": ["{ kind: redis-failover, lose: 1s, at: 10s, for: 3s }"],
  "ofd-fails": ["{ kind: ofd-fails, at: 10s, for: 30s }"],
  "ofd-timeout-after-accept": ["{ kind: ofd-timeout-after-accept, at: 10s, for: 30s }"],
  "ofd-slow": ["{ kind: ofd-slow, by: 12s, at: 10s, for: 30s }"],
  "ofd-duplicate-delivery": ["{ kind: ofd-duplicate-delivery, at: 10s, for: 30s }"],
  "dns-stale": [
    "{ kind: dns-stale, nodes: [any-follower, any-follower], name: leader, at: 10s, for: 20s }",
    "{ kind: dns-stale, node: n2, name: n1, to: n3, at: 10s, for: 20s }",
  ],
};

/** The pages, by path, of the parts of the product they describe. */
export function referencePages({ faultKinds, scenarioSchema, checkers, hearingOf }) {
  return {
    "docs/faults.md": faultsPage(faultKinds, hearingOf),
    "docs/scenario.md": scenarioPage(scenarioSchema),
    "docs/checks.md": checksPage(checkers),
  };
}

const COMMON = ["id", "at", "for", "until", "optional"];

function faultsPage(kinds, hearingOf) {
  const anyKind = variantsOf(jsonSchema(kinds[0].schema))[0];
  const lines = [
    "# Faults",
    MADE,
    "Every fault is plain data with a `kind`, the same in YAML and TypeScript. Each one counts what it touched; a fault that touched " +
      "nothing makes the run exit 5, unless it is `optional`.",
    "## Fields every fault has",
    fieldTable(anyKind, (key) => COMMON.includes(key)),
    "A fault without `for` and `until` lasts until the run ends. Kinds that end themselves take neither.",
    "## Whom it acts on",
    "Where a field takes a _target_, it takes a node's name or a role. Roles are resolved when the fault starts, and `result.json` and the " +
      "timeline say whom they meant:",
    table(
      ["role", "whom it means"],
      [
        [
          "`leader`",
          "the node whose state `role` is `leader`, of the highest `term` it states; the fault waits for one",
        ],
        ["`followers`, `any-follower`", "all whose `role` is `follower` while somebody leads; one of them, drawn"],
        ["`minority`, `half`, `majority`", "as many nodes as make one, drawn; of an odd number the smaller half"],
        ["`random(k)`", "k nodes, drawn"],
        ["`all`, `rest`", "every node; every node that nothing else in the fault means"],
      ],
    ),
    "Clients are meant only by name (`c1`).",
  ];
  for (const kind of kinds) {
    lines.push(`## ${kind.kind}`, kind.about, `_Touches:_ ${kind.touches}`);
    if (kind.endsItself === true) lines.push("It ends itself: no `for`, no `until`.");
    lines.push(...fieldsOf(kind));
    const examples = EXAMPLES[kind.kind];
    if (examples === undefined) throw new Error(`scripts/build-docs.mjs has no example of "${kind.kind}".`);
    lines.push(["```yaml", ...examples.map((example) => `- ${example}`), "```"].join("\n"));
    if (kind.kind === "partition") lines.push(...matrices(examples, hearingOf));
  }
  return page(lines);
}

/** Who hears whom in each shape of partition, as the code that cuts the links says it. */
function matrices(examples, hearingOf) {
  const shown = examples.map((example) => {
    const written = parse(example);
    const matrix = hearingOf(written);
    if (matrix === undefined) throw new Error(`scripts/build-docs.mjs: "${example}" is no partition.`);
    const own = Object.entries(written).filter(([key]) => !["kind", "shape", ...COMMON].includes(key));
    const fields = own.map(([key, value]) => `${key}: ${JSON.stringify(value).replaceAll('"', "")}`);
    return [`${written.shape}${fields.length === 0 ? "" : `  ${fields.join(", ")}`}`, "", matrix].join("\n");
  });
  return [
    "### Who hears whom",
    "The same partitions in a cluster of five that n1 leads: a row is a listener, a column a speaker, `x` hears. " +
      "Roles are an example here; `faultline show` prints the matrices of a scenario's own faults.",
    ["```text", shown.join("\n\n"), "```"].join("\n"),
  ];
}

function fieldsOf(kind) {
  const variants = variantsOf(jsonSchema(kind.schema));
  if (variants.length === 1) {
    const own = fieldTable(variants[0], (key) => key !== "kind" && !COMMON.includes(key));
    return own === "" ? [] : [own];
  }
  // A row a shape and field, the shape named once.
  const rows = variants.flatMap((variant) =>
    fieldRows(variant, (key) => key !== "kind" && key !== "shape" && !COMMON.includes(key)).map((row, i) => [
      i === 0 ? `\`${variant.properties.shape.const}\`` : "",
      ...row,
    ]),
  );
  return [table(["shape", "field", "takes", "meaning"], rows)];
}

function scenarioPage(schema) {
  const top = jsonSchema(schema);
  const section = (key) => {
    const property = resolveRef(top.properties[key], top);
    return [`## \`${key}\``, fieldTable(resolveRef(property.items ?? property, top), () => true, top)];
  };
  return page([
    "# Scenario files",
    MADE,
    "One scenario a file, in YAML or JSON, called `<name>.yaml`. Durations carry their unit (`300ms`, `1.5s`, `2m`, `1h`), shares theirs " +
      "(`0.1%`, `200ppm`), rates theirs (`50/s`). A key that is not here is an error. `faultline schema` writes the same as JSON Schema.",
    fieldTable(top, (key) => key !== "$schema", top),
    ...["nodes", "workload", "network", "disk", "plan", "expect"].flatMap(section),
    "## `sometimes`",
    "What must happen in at least one seed of a sweep: a list of these, or of names of probes in code (`sometimes()` in [the guide](guide.md)).",
    fieldTable(
      top.properties.sometimes.items.anyOf.find((one) => one.properties !== undefined),
      () => true,
      top,
    ),
    "## Latencies",
    "`{ constant: 2ms }`, `{ uniform: { min: 1ms, max: 5ms } }`, `{ logNormal: { median: 2ms, p99: 12ms } }` or " +
      "`{ heavyTail: { min: 1ms, median: 3ms, max: 2s } }`.",
    "## `faults`",
    "See [the faults](faults.md).",
    "## `checks`",
    'See [the checks](checks.md). An entry is a name, or `{ name: { bound: "10s" } }` for a rule with a bound. A list that holds `all` means ' +
      "all of the package's, and those it names beside.",
  ]);
}

function checksPage(checkers) {
  return page([
    "# Checks",
    MADE,
    "What `checks` may name. With `checks: all` a rule that had nothing to judge is _not exercised_ and leaves the exit code alone; one that " +
      "is named and judged nothing is _not decided_ (exit 3). Your own come beside them: `defineInvariant` and `defineChecker` in [the guide](guide.md).",
    table(
      ["name", "no.", "rule"],
      checkers.map(({ name, invariant, rule }) => [`\`${name}\``, invariant, rule]),
    ),
  ]);
}

function jsonSchema(schema) {
  return z.toJSONSchema(schema, { io: "input" });
}

function variantsOf(schema) {
  return schema.oneOf ?? schema.anyOf ?? [schema];
}

function resolveRef(schema, top) {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...rest } = schema;
  return { name: $ref.split("/").at(-1), ...(top.$defs?.[$ref.split("/").at(-1)] ?? {}), ...rest };
}

function fieldTable(schema, isShown, top) {
  const rows = fieldRows(schema, isShown, top);
  return rows.length === 0 ? "" : table(["field", "takes", "meaning"], rows);
}

function fieldRows(schema, isShown, top = schema) {
  const required = schema.required ?? [];
  return Object.entries(schema.properties)
    .filter(([key]) => isShown(key))
    .map(([key, raw]) => {
      const property = resolveRef(raw, top);
      const isNeeded = required.includes(key);
      const usual =
        property.default === undefined || isEmpty(property.default) ? "" : `; default \`${written(property.default)}\``;
      return [`\`${key}\``, `${takes(property)}${isNeeded ? ", required" : usual}`, property.description ?? ""];
    });
}

function isEmpty(value) {
  return value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

function written(value) {
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  const entries = Object.entries(value).map(([key, inner]) => `${key}: ${written(inner)}`);
  return `{ ${entries.join(", ")} }`;
}

/** What a field takes, in words. */
function takes(schema) {
  if (schema.name === "Latency") return "latency";
  if (schema.name !== undefined || (schema.$ref !== undefined && schema.type === undefined)) return "any value";
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(", ");
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants !== undefined) {
    if (variants.some((variant) => variant.properties?.shape !== undefined)) return "a partition without times";
    return [...new Set(variants.map(takes))].join(" or ");
  }
  switch (schema.type) {
    case "string":
      return textKind(schema.pattern ?? "");
    case "integer":
      return rangeOf(schema);
    case "number":
      return "number";
    case "boolean":
      return "`true` or `false`";
    case "array":
      return listKind(schema);
    case "object":
      if (schema.properties === undefined) return "map";
      return `\`{ ${Object.keys(schema.properties).join(", ")} }\``;
    default:
      return "any value";
  }
}

function textKind(pattern) {
  if (pattern.includes("us|µs")) return "duration";
  if (pattern.includes("ppm")) return "share";
  if (pattern.includes("\\/")) return "rate";
  if (pattern.includes("\\.\\.")) return "range";
  if (pattern.includes("random")) return "target";
  return pattern === "" ? "text" : "name";
}

function rangeOf({ minimum, maximum }) {
  const isOpen = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER;
  if (minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER) return "integer";
  return isOpen ? `integer ≥ ${minimum}` : `${minimum.toLocaleString("en")}…${maximum.toLocaleString("en")}`;
}

function listKind(schema) {
  if (schema.prefixItems !== undefined) return `[${schema.prefixItems.map(takes).join(", ")}]`;
  const item = schema.items ?? {};
  if (item.properties !== undefined || item.oneOf !== undefined) return "list";
  return `list of ${takes(item)
    .replace(/^list of /, "lists of ")
    .replace(/^(target|duration|name)$/, "$1s")}`;
}

/** A table as prettier writes it, so that the pages pass its check. */
function table(head, rows) {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, i) => Math.max(3, ...cells.map((row) => row[i].length)));
  const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  const [first, ...rest] = cells.map(line);
  return [first, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rest].join("\n");
}

function page(blocks) {
  return `${blocks.join("\n\n")}\n`;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { FAULT_KINDS } = await import("../dist/sim/faults/registry.js");
  const { scenarioSchema } = await import("../dist/lab/scenario/model.js");
  const { CATALOGUE } = await import("../dist/lab/checkers/catalogue.js");
  const { exampleHearing } = await import("../dist/sim/faults/hearing.js");
  const pages = referencePages({
    faultKinds: FAULT_KINDS,
    scenarioSchema,
    checkers: CATALOGUE,
    hearingOf: exampleHearing,
  });
  for (const [path, text] of Object.entries(pages)) {
    const file = resolve(root, path);
    if (!process.argv.includes("--check")) writeFileSync(file, text);
    else if (!existsSync(file) || readFileSync(file, "utf8") !== text)
      throw new Error(`${relative(root, file)} is stale: run npm run build && node scripts/build-docs.mjs`);
  }
}
