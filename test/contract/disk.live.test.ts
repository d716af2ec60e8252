import { describeDisk } from "./disk.contract.ts";
import { liveWorld } from "./live-world.ts";

describeDisk("live", liveWorld);
