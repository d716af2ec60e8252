import type { DiffModel } from "../diff-model.ts";
import type { ReportModel } from "../model.ts";
import { readBlock } from "../read-block.ts";
import { unpacked } from "./unpack.ts";

/** Unpacks the model from the page's own data block. */
export async function loadModel(): Promise<ReportModel | DiffModel> {
  return readBlock(await unpacked("data"));
}
