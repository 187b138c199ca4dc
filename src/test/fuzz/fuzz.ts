// npm run fuzz: builds the readers with a counter in each branch and runs them.
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { Instrument } from "./instrument.ts";

const outfile = path.resolve("out/test/fuzz/command.mjs");
const instrument = new Instrument();
await build({
  entryPoints: ["src/test/fuzz/command.ts"],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: true,
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  plugins: [instrument.plugin],
});
(globalThis as { __hits?: Uint8Array }).__hits = new Uint8Array(instrument.points);
console.log(`${instrument.points} branches`);
const { main } = (await import(pathToFileURL(outfile).href)) as { main(): Promise<number> };
process.exitCode = await main();
