import { describeTimers } from "./timers.contract.ts";
import { simWorld } from "./sim-world.ts";

describeTimers("simulated", simWorld);
describeTimers("simulated, on a clock that is 10 % fast", () => simWorld({ ppm: 100_000 }));
describeTimers("simulated, on a clock that is 10 % slow", () => simWorld({ ppm: -100_000 }));
