import { unpackColumns, type PackedColumn } from "./columns.ts";
import type { DiffModel } from "./diff-model.ts";
import type { ReportModel } from "./model.ts";
import { restoreRun } from "./restore-run.ts";
import type { SqueezedRun } from "./squeezed.ts";
import { fromTables, type Tabled } from "./tables.ts";

/** A model as a block has it. */
type Block = SqueezedRun | (Omit<DiffModel, "runs"> & { readonly runs: readonly [SqueezedRun, SqueezedRun] });

/** The model in the bytes of a data block, once they are inflated. */
export function readBlock(bytes: Uint8Array): ReportModel | DiffModel {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Tabled & {
    readonly columns: readonly PackedColumn[];
  };
  unpackColumns(head.rest, head.columns, bytes.subarray(4 + length));
  const model = fromTables(head) as Block;
  return "runs" in model
    ? { ...model, runs: [restoreRun(model.runs[0]), restoreRun(model.runs[1])] }
    : restoreRun(model);
}
