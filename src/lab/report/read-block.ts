import { unpackColumns, type PackedColumn } from "./columns.ts";
import type { ReportModel } from "./model.ts";

/** The model in the bytes of a data block, once they are inflated. */
export function readBlock(bytes: Uint8Array): ReportModel {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as {
    readonly columns: readonly PackedColumn[];
    readonly model: ReportModel;
  };
  unpackColumns(head.model, head.columns, bytes.subarray(4 + length));
  return head.model;
}
