import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";

/**
 * Renders one golden run: the same steps for the test, which runs the sources, and for check.mjs, which runs the built package on any
 * version of Node.
 *
 * @param {import("./render.d.mts").GoldenTools} tool
 * @param {{ path: string, seed: string, patch?: object }} golden
 * @returns {Promise<{ text: string, page: { bytes: number, sha256: string } }>} The trace as text; and what is in the report's data once
 *   unpacked, but for the facts that tell of this machine. Packed bytes are no golden: compressors differ.
 */
export async function renderGolden(tool, golden) {
  const [loaded] = await tool.loadFile(golden.path);
  const input = golden.patch === undefined ? loaded.input : tool.patchScenario(loaded.input, golden.patch);
  const { result, trace } = await tool.runScenario(input, { seed: golden.seed, keepTrace: true });
  const nobodys = { ...result, nodeVersion: "v0.0.0", timing: { startedAt: "", wallMs: 0 } };
  const data = gunzipSync(Buffer.from(tool.encodeModel(tool.buildModel(nobodys, trace)), "base64"));
  return {
    text: `# ${result.scenarioName} seed ${golden.seed}: ${String(result.counts.records)} records, digest ${result.digest}\n${tool.textTrace(trace)}`,
    page: { bytes: data.length, sha256: createHash("sha256").update(data).digest("hex") },
  };
}
