import { importJepsenEtcd } from "./import-jepsen-etcd.ts";
import { importKnossos, type KnossosOp, type KnossosType } from "./import-knossos.ts";
import { importPorcupineKv } from "./import-porcupine-kv.ts";
import type { KvOp } from "./kv-model.ts";
import type { MutexOp } from "./lock-models.ts";
import type { TransactionOp } from "./multi-register-model.ts";
import type { Operation } from "./operation.ts";
import type { RegisterOp } from "./register-model.ts";

/** Texts that histories are read from. */
export type HistoryFormat = "jepsen-etcd" | "porcupine-kv" | "knossos";

/**
 * Reads a history that another tool has written.
 *
 * - `jepsen-etcd`: the log of Jepsen's etcd test; for `casRegister()`.
 * - `porcupine-kv`: the logs of porcupine's key-value store; for `kv("")`.
 * - `knossos`: EDN as Jepsen and knossos write it; for `casRegister(…)`, `mutex()` or `multiRegister({…})`.
 *
 * @param type  For `knossos`: what the history is one of, checked; told by its first operation when absent.
 * @returns Operations in the order of their calls, without those that did not happen and those that left no trace. Times are numbers
 *   of events.
 * @throws {HistoryFormatError} when the text is not of the format.
 */
export function importHistory(format: "jepsen-etcd", text: string): Operation<RegisterOp>[];
export function importHistory(format: "porcupine-kv", text: string): Operation<KvOp>[];
export function importHistory(format: "knossos", text: string, type: "register"): Operation<RegisterOp>[];
export function importHistory(format: "knossos", text: string, type: "mutex"): Operation<MutexOp>[];
export function importHistory(format: "knossos", text: string, type: "multi-register"): Operation<TransactionOp>[];
export function importHistory(format: "knossos", text: string, type?: KnossosType): Operation<KnossosOp>[];
export function importHistory(
  format: HistoryFormat,
  text: string,
  type?: KnossosType,
): Operation<RegisterOp>[] | Operation<KvOp>[] | Operation<KnossosOp>[] {
  switch (format) {
    case "jepsen-etcd":
      return importJepsenEtcd(text);
    case "porcupine-kv":
      return importPorcupineKv(text);
    case "knossos":
      return importKnossos(text, type);
  }
}
