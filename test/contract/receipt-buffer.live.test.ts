import { join } from "node:path";
import { JournalReceiptBuffer } from "../../src/system/components/receipts/journal-receipt-buffer.ts";
import { SqliteReceiptBuffer } from "../../src/system/components/receipts/sqlite-receipt-buffer.ts";
import { FsDisk } from "../../src/system/live/fs-disk.ts";
import type { SqlEngine } from "../../src/system/ports/sql-engine.ts";
import { describeReceiptBuffer, pointsOf, type BufferSetup } from "./receipt-buffer.contract.ts";
import { engineKinds, inFolder } from "./sqlite-engines.ts";

describeReceiptBuffer("journal on the file system", (body, settings) =>
  inFolder(async (folder) => {
    const disks: FsDisk[] = [];
    const open = async (): Promise<BufferSetup> => {
      await disks.at(-1)?.close();
      const disk = await FsDisk.open(folder);
      disks.push(disk);
      const { observer, points } = pointsOf();
      return { buffer: await JournalReceiptBuffer.open({ ...settings, disk, observer }), points };
    };
    try {
      return await body({ ...(await open()), reopen: open });
    } finally {
      await disks.at(-1)?.close();
    }
  }),
);

for (const { name, open: openEngine } of engineKinds) {
  describeReceiptBuffer(`SQLite, ${name}`, (body, settings) =>
    inFolder(async (folder) => {
      let engine: SqlEngine | undefined;
      const open = async (): Promise<BufferSetup> => {
        engine?.close();
        engine = await openEngine(join(folder, "receipts.db"));
        const { observer, points } = pointsOf();
        return { buffer: SqliteReceiptBuffer.open({ ...settings, engine, observer }), points };
      };
      try {
        return await body({ ...(await open()), reopen: open });
      } finally {
        engine?.close();
      }
    }),
  );
}
