import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** Rooms whose code may run in a simulation: one seed must decide everything that happens in them. */
const SIMULATED_ROOMS = ["system/components", "system/programs", "sim", "lab/checkers", "lab/workloads"].map(
  (room) => `src/${room}/**/*.ts`,
);

const ASK_A_PORT = "Take time, timers and random numbers from a port.";
const BANNED_GLOBALS = [
  ...[
    "Date",
    "performance",
    "crypto",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "clearTimeout",
    "clearInterval",
    "clearImmediate",
  ],
  ...["queueMicrotask", "fetch", "WebSocket", "Intl"],
].map((name) => ({ name, message: `${ASK_A_PORT} "${name}" is the real world's.` }));

// Transcendental functions are the implementation's own; pow differs in its last bits between Node 22 and 24.
const BANNED_MATH = [
  ...["random", "pow", "exp", "expm1", "log", "log1p", "log2", "log10", "cbrt", "hypot"],
  ...["sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"],
];
const BANNED_PROPERTIES = [
  ...BANNED_MATH.map((property) => ({
    object: "Math",
    property,
    message: "Not the same bits, or not the same draw, everywhere.",
  })),
  ...["nextTick", "hrtime", "uptime", "env", "cwd"].map((property) => ({
    object: "process",
    property,
    message: ASK_A_PORT,
  })),
  ...["setTimeout", "setInterval", "setImmediate", "Date", "performance", "crypto"].map((property) => ({
    object: "globalThis",
    property,
    message: ASK_A_PORT,
  })),
];
const BANNED_SYNTAX = [
  {
    selector: "BinaryExpression[operator='**'], AssignmentExpression[operator='**=']",
    message: "`**` gives other bits on Node 22 than on 24.",
  },
  { selector: "ForInStatement", message: "The order of for-in is not ours: use Object.keys." },
  {
    selector: "MemberExpression[property.name='localeCompare'], MemberExpression[property.name=/^toLocale/]",
    message: "Depends on the machine: order by code unit.",
  },
];
const BANNED_IMPORTS = [
  "crypto",
  "timers",
  "timers/promises",
  "perf_hooks",
  "child_process",
  "worker_threads",
  "net",
  "http",
  "fs",
  "fs/promises",
  "os",
];

export default defineConfig(
  globalIgnores(["dist/", "coverage/", "reports/", "schema/", "test/golden/**/*.trace", ".soak/"]),
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    // Named projects take a quarter less of a processor, and half the memory, than asking the service for each file.
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": [
        "error",
        { fixStyle: "inline-type-imports", disallowTypeAnnotations: false },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-floating-promises": "error",
      // Short arrow callbacks for effects read better than blocks.
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // Checked where it matters by noUncheckedIndexedAccess; after a bounds check a cast says so.
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // An async function without await is how a promise-returning port is implemented when there is nothing to wait for.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      "@typescript-eslint/unified-signatures": "off",
      // There are no enums (erasableSyntaxOnly), and to find none takes it as long as finding all floating promises.
      "@typescript-eslint/no-unsafe-enum-assignment": "off",
      // Saying a default aloud is harmless, and survives its change.
      "@typescript-eslint/no-unnecessary-type-arguments": "off",
      "no-restricted-syntax": ["error", { selector: "TSEnumDeclaration", message: "Use a union of strings." }],
    },
  },
  {
    files: ["src/lab/report/viewer/**/*.ts"],
    languageOptions: { parserOptions: { project: "./src/lab/report/viewer/tsconfig.json" } },
  },
  {
    files: SIMULATED_ROOMS,
    rules: {
      "no-restricted-globals": ["error", ...BANNED_GLOBALS],
      "no-restricted-properties": ["error", ...BANNED_PROPERTIES],
      "no-restricted-syntax": [
        "error",
        ...BANNED_SYNTAX,
        { selector: "TSEnumDeclaration", message: "Use a union of strings." },
      ],
      "no-restricted-imports": [
        "error",
        {
          paths: BANNED_IMPORTS.flatMap((name) => [name, `node:${name}`]).map((name) => ({
            name,
            message: ASK_A_PORT,
          })),
        },
      ],
    },
  },
  {
    // They exist to run the real event loop, and to catch what the rules above forbid.
    files: [
      "src/sim/kernel/drain.ts",
      "src/sim/kernel/escape*.ts",
      "src/sim/kernel/watchdog.ts",
      "src/sim/host/**/*.ts",
    ],
    rules: {
      "no-restricted-globals": "off",
      "no-restricted-properties": "off",
      "no-restricted-imports": "off",
      // Awaiting what is no promise is how one turn of the microtask queue is asked for.
      "@typescript-eslint/await-thenable": "off",
    },
  },
  {
    files: ["test/**/*.ts", "bench/**/*.ts", "scenarios/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/await-thenable": "off",
    },
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: {
      globals: {
        process: "readonly",
        console: "readonly",
        Buffer: "readonly",
        URL: "readonly",
        performance: "readonly",
        setTimeout: "readonly",
        setImmediate: "readonly",
      },
    },
  },
);
