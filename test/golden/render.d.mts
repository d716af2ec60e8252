/** What a golden run is rendered with, of the sources or of the built package. */
export type GoldenTools = Readonly<
  Record<"loadFile" | "runScenario" | "patchScenario" | "textTrace" | "buildModel" | "encodeModel", unknown>
>;
/** What is in the data of a run's report. */
export interface GoldenPage {
  readonly bytes: number;
  readonly sha256: string;
}
export function renderGolden(
  tool: GoldenTools,
  golden: { readonly path: string; readonly seed: string; readonly patch?: object },
): Promise<{ readonly text: string; readonly page: GoldenPage }>;
