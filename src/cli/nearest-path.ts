import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { nearest } from "../lab/scenario/nearest.ts";

/** Folders where what runs write is looked for beside the place that was named. */
const USUAL = ["reports", "scenarios"];

/** The path that is there and that a person most likely meant: beside the one they named, or where such things usually are. */
export function nearestPath(path: string): string | undefined {
  const wanted = basename(path);
  const places = [dirname(path), ...USUAL].flatMap((folder) => namesIn(folder).map((name) => join(folder, name)));
  const near = nearest(
    wanted,
    places.map((place) => basename(place)),
  );
  return places.find((place) => basename(place) === near);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
