import { describeClock } from "./clock.contract.ts";
import { simWorld } from "./sim-world.ts";

describeClock("simulated", simWorld);
describeClock("simulated, 5 % slow", () => simWorld({ ppm: -50_000 }));
