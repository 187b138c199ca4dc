import { existsSync } from "node:fs";
import path from "node:path";

/** The folder of real captures that tests may use: TLSTRACE_CORPUS, or a `shared/corpus` beside the repository; null when absent. */
export function corpusFolder(): string | null {
  const candidates = [process.env.TLSTRACE_CORPUS, path.resolve("../shared/corpus")];
  return (
    candidates.find((folder) => folder !== undefined && existsSync(path.join(folder, "index.json"))) ?? null
  );
}
