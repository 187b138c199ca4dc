// The one build file: `node esbuild.mjs TASK`. Every npm script goes through here, so that each of them works
// on a fresh clone: what is missing in node_modules is installed first.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(fileURLToPath(import.meta.url));
process.chdir(root);
const [task = "build", ...rest] = process.argv.slice(2);

/** Runs a command with this terminal and ends with its status if it fails. */
function run(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: "inherit", ...options });
  if (result.error) throw result.error;
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function install() {
  if (existsSync("node_modules/esbuild") && existsSync("node_modules/.package-lock.json")) return;
  console.error("installing the packages of package-lock.json ...");
  // Not `npm ci`, which refuses a lock file without the optional packages of every platform there is; the versions are
  // the lock file's all the same. No package of ours needs its install script.
  const flags = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  run("npm", ["install", ...flags], {
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
}

function walk(folder, accept) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && accept(entry.name))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

const shared = {
  bundle: true,
  sourcemap: true,
  target: "node20",
  platform: "node",
  logLevel: "warning",
  absWorkingDir: root,
};
/** Dependencies that are CommonJS call `require` for node's own modules: an ES module bundle has to bring one. */
const banner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};
const bundles = [
  {
    entryPoints: { extension: "src/extension/extension.ts" },
    outdir: "dist",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    external: ["vscode"],
  },
  // Split, so that a command loads only what it needs; minified, because parsing is a good part of a short run.
  {
    entryPoints: { cli: "src/cli/cli.ts" },
    outdir: "dist",
    format: "esm",
    splitting: true,
    minify: true,
    chunkNames: "cli-[hash]",
    banner: { js: `#!/usr/bin/env node\n${banner.js}` },
  },
];

async function build(esbuild) {
  rmSync("dist", { recursive: true, force: true });
  await Promise.all(bundles.map((bundle) => esbuild.build({ ...shared, ...bundle })));
}

/** Bundles the files into out/ (one bundle each, same tree) and gives their paths there. */
async function bundleInto(esbuild, files) {
  await esbuild.build({
    ...shared,
    entryPoints: files,
    outdir: "out",
    outbase: "src",
    format: "esm",
    banner,
    outExtension: { ".js": ".mjs" },
    external: ["esbuild", "playwright-core"],
  });
  return files.map((file) => path.join("out", path.relative("src", file)).replace(/\.ts$/, ".mjs"));
}

async function main() {
  install();
  const esbuild = await import("esbuild");
  const node = process.execPath;
  const tasks = {
    build: () => build(esbuild),
    watch: async () => {
      for (const bundle of bundles)
        await (await esbuild.context({ ...shared, ...bundle, logLevel: "info" })).watch();
    },
    test: async () => {
      rmSync("out", { recursive: true, force: true });
      await build(esbuild);
      const files = rest.length > 0 ? rest : walk("src", (name) => name.endsWith(".test.ts"));
      run(node, [
        "--enable-source-maps",
        "--test",
        "--test-reporter=spec",
        ...(await bundleInto(esbuild, files)),
      ]);
    },
    check: () => {
      run(node, ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings"]);
      run(node, ["node_modules/typescript/bin/tsc", "-p", "."]);
      run(node, ["node_modules/typescript/bin/tsc", "-p", "src/core"]);
    },
    package: async () => {
      await build(esbuild);
      run(node, [
        "node_modules/@vscode/vsce/vsce",
        "package",
        "--no-dependencies",
        "--allow-missing-repository",
        "--skip-license",
        "--no-rewrite-relative-links",
        "-o",
        "tls-offload-debugger.vsix",
        ...rest,
      ]);
    },
    start: async () => {
      await build(esbuild);
      const [script] = await bundleInto(esbuild, ["src/start/start.ts"]);
      run(node, ["--enable-source-maps", script, ...rest]);
    },
    e2e: () => tool("src/test/e2e.ts", "--test-reporter=spec"),
    bench: () => tool("src/test/bench.ts"),
    simulate: () => tool("src/test/simulator/simulate.ts"),
  };
  const tool = async (source, ...flags) => {
    await build(esbuild);
    const [script] = await bundleInto(esbuild, [source]);
    run(node, ["--enable-source-maps", "--expose-gc", ...flags, script, ...rest]);
  };
  const job = tasks[task];
  if (!job) {
    console.error(`unknown task "${task}"; one of: ${Object.keys(tasks).join(", ")}`);
    process.exit(2);
  }
  await job();
}

await main();
