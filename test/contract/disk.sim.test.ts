import { describeDisk, SMALL_DISK_BYTES } from "./disk.contract.ts";
import { simWorld } from "./sim-world.ts";

describeDisk("simulated", simWorld, { small: () => simWorld({ capacityBytes: SMALL_DISK_BYTES }) });
