/**
 * Renders one golden trace: the same steps for the test, which runs the sources, and for check.mjs, which runs the built package
 * on any version of Node.
 *
 * @param {{ loadFile: Function, runScenario: Function, patchScenario: Function, textTrace: Function }} tool
 * @param {{ path: string, seed: string, patch?: object }} golden
 * @returns {Promise<string>}
 */
export async function renderGolden(tool, golden) {
  const [loaded] = await tool.loadFile(golden.path);
  const input = golden.patch === undefined ? loaded.input : tool.patchScenario(loaded.input, golden.patch);
  const { result, trace } = await tool.runScenario(input, { seed: golden.seed, keepTrace: true });
  return `# ${result.scenarioName} seed ${golden.seed}: ${String(result.counts.records)} records, digest ${result.digest}\n${tool.textTrace(trace)}`;
}
