import { describeDisk } from "./disk.contract.ts";
import { simWorld } from "./sim-world.ts";

describeDisk("simulated", simWorld);
