// The one build file: `node esbuild.mjs TASK`. Every npm script goes through here, so that each of them works
// on a fresh clone: what is missing in node_modules is installed first.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
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

/** True if what package.json asks for lies there in the lock file's versions: also after a pull that changed them. */
function isInstalled() {
  const json = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {});
  const { dependencies, devDependencies } = json("package.json");
  const locked = json("package-lock.json").packages ?? {};
  return Object.keys({ ...dependencies, ...devDependencies }).every((name) => {
    const place = `node_modules/${name}`;
    return locked[place] === undefined || json(`${place}/package.json`).version === locked[place].version;
  });
}

function install() {
  if (isInstalled()) return;
  console.error("installing the packages of package-lock.json ...");
  // Not `npm ci`, which refuses a lock file without the optional packages of every platform there is; the versions are
  // the lock file's all the same. No package of ours needs its install script.
  const flags = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  run("npm", ["install", ...flags], {
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
}

/** Paths of all that is below a folder and accepted, sorted. */
function walk(folder, accept) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(accept)
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}
const testFiles = () => walk("src", (entry) => entry.isFile() && entry.name.endsWith(".test.ts"));

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
/** The same where browsers load parts of a bundle, too: they have no such module, and what they load needs none. */
const portableBanner =
  "const require = globalThis.process && (await import('node:module')).createRequire(import.meta.url);";

/** What is not shipped, but run: its answer is, as a file of JSON. */
const answered = (file, source, answer) => ({
  entryPoints: [source],
  format: "esm",
  sourcemap: false,
  write: false,
  plugins: [
    {
      name: file,
      setup: (result) =>
        result.onEnd(async ({ outputFiles }) => {
          if (!outputFiles?.length) return; // It has errors, which are told elsewhere.
          const code = Buffer.from(outputFiles[0].contents).toString("base64");
          const json = answer(await import(`data:text/javascript;base64,${code}`));
          mkdirSync("dist", { recursive: true });
          writeFileSync(path.join("dist", file), `${JSON.stringify(json, null, 2)}\n`);
        }),
    },
  ],
});

/** Imports of a file of ours as what is built of it, once for all that need it. */
const builtApart = (source, built) => ({
  name: built,
  setup: (result) =>
    result.onResolve({ filter: /\.ts$/ }, ({ path: named, resolveDir }) =>
      path.resolve(resolveDir, named) === path.resolve(source) ? { path: built, external: true } : undefined,
    ),
});

/**
 * Modules of dependencies that others stand for: in the adapter's base class what its package has for browsers, and of two
 * modules of Node.js the little that it asks for; in agents' server a checker of answers to questions that ours never asks.
 */
const replaced = {
  name: "replaced",
  setup: (result) => {
    result.onResolve({ filter: /^(events|url|\.\/(runDebugAdapter|internalLogger))$/ }, (asked) => {
      if (!asked.importer.includes("debugadapter")) return undefined;
      const isOwn = asked.path.startsWith(".");
      return {
        path: isOwn
          ? path.join(asked.resolveDir, "web", `${asked.path}Stub.js`)
          : path.resolve(`src/web/${asked.path}.ts`),
      };
    });
    result.onResolve({ filter: /\/validation\/ajv-provider\.js$/ }, () => ({
      path: path.resolve("src/cli/agents/unasked.ts"),
    }));
  },
};

/** The editor's interface, read once: each file that imports it would have a copy of its own, 400 functions large. */
const editorOnce = {
  name: "editor once",
  setup: (result) => {
    result.onResolve({ filter: /^vscode$/ }, ({ kind, namespace }) =>
      kind === "import-statement" && namespace !== "once" ? { path: "vscode", namespace: "once" } : undefined,
    );
    result.onLoad({ filter: /^vscode$/, namespace: "once" }, () => ({ contents: 'export * from "vscode"' }));
  },
};

const bundles = [
  // What the extension is everywhere, and what makes it whole in a browser; a desktop's part loads it.
  {
    entryPoints: { extension: "src/extension/browser/browser.ts" },
    outdir: "dist",
    format: "cjs",
    platform: "browser",
    outExtension: { ".js": ".cjs" },
    external: ["vscode"],
    plugins: [editorOnce],
    minify: true,
  },
  {
    entryPoints: { desktop: "src/extension/desktop/desktop.ts" },
    outdir: "dist",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    external: ["vscode"],
    plugins: [editorOnce, builtApart("src/extension/extension.ts", "./extension.cjs")],
    minify: true,
  },
  // Split, so that a command loads only what it needs, and a browser's workers the parts that need no Node.js; minified,
  // because parsing is a good part of a short run.
  {
    entryPoints: {
      cli: "src/cli/cli.ts",
      "cli-worker": "src/cli/fleet/worker.ts",
      "web-worker": "src/worker/worker.ts",
    },
    outdir: "dist",
    format: "esm",
    splitting: true,
    minify: true,
    chunkNames: "cli-[hash]",
    target: "es2022",
    conditions: ["browser"],
    plugins: [replaced],
    banner: { js: `#!/usr/bin/env node\n${portableBanner}` },
  },
  // Runs in windows of the editor and in reports, beside its style.
  {
    entryPoints: {
      picture: "src/webview/main.ts",
      "picture-report": "src/webview/report.ts",
      "picture-style": "src/webview/picture.css",
      capture: "src/webview/capture.ts",
      "capture-style": "src/webview/capture.css",
    },
    outdir: "dist",
    format: "iife",
    platform: "browser",
    minify: true,
    sourcemap: false,
  },
  // What the editor checks profile files against: the schema as it is written, with what the model's tables have.
  answered("profile.schema.json", "src/trace/profiles/schema.ts", ({ profileSchema }) =>
    profileSchema(JSON.parse(readFileSync("media/profile.schema.json", "utf8"))),
  ),
  answered("samples.json", "src/node/samples.ts", ({ sampleIndex }) => sampleIndex("media/samples")),
];

/** Bundles of their own in out/, in the same tree. */
const scripts = (files) => ({
  entryPoints: files,
  outdir: "out",
  outbase: "src",
  format: "esm",
  banner,
  outExtension: { ".js": ".mjs" },
  external: ["esbuild", "playwright-core", "typescript"],
});

/** Problems in the form that the matchers of .vscode/tasks.json read; columns from 1, as editors count. */
const linesOf = (kind, messages) =>
  messages
    .filter(({ location }) => location !== null)
    .map(({ text, location: { file, line, column } }) => `${file}:${line}:${column + 1}: ${kind}: ${text}`);

/** Bundles side by side and says what is wrong, a line a problem; gives the results, null if there is an error. */
async function bundle(esbuild, ...all) {
  const failed = (error) => {
    if (error.errors === undefined) throw error;
    return error;
  };
  const results = await Promise.all(
    all.map((options) => esbuild.build({ ...shared, ...options }).catch(failed)),
  );
  const lines = results.flatMap(({ errors, warnings }) => [
    ...linesOf("error", errors),
    ...linesOf("warning", warnings),
  ]);
  for (const line of new Set(lines)) console.log(line);
  return results.every(({ errors }) => errors.length === 0) ? results : null;
}

async function bundleOrEnd(esbuild, ...all) {
  if ((await bundle(esbuild, ...all)) === null) process.exit(1);
}

async function build(esbuild) {
  rmSync("dist", { recursive: true, force: true });
  await bundleOrEnd(esbuild, ...bundles);
}

/** Bundles the files into out/ (one bundle each, same tree) and gives their paths there. */
async function bundleInto(esbuild, files) {
  await bundleOrEnd(esbuild, scripts(files));
  return files.map((file) => path.join("out", path.relative("src", file)).replace(/\.ts$/, ".mjs"));
}

/** Time that an editor or a checkout may take to write all that belongs together. */
const settleMs = 50;
/** False for what editors write on the way to a file. */
const isKept = (name) => !/^\.|~$/.test(name);

/**
 * Does `job` now and after each change below the folders, for ever. It is given the paths that changed, and a signal
 * that says when there is something newer.
 */
async function onChange(folders, job) {
  const changed = [];
  let tell = () => {};
  let watchers = [];
  const watchFolder = (folder) =>
    watch(folder, (_event, name) => {
      if (!isKept(name ?? "")) return;
      changed.push(path.join(folder, name ?? ""));
      tell();
    }).on("error", () => {}); // The folder is gone.
  for (;;) {
    // Each time anew, for there may be new folders, and before the old ones end, so that nothing is missed.
    const all = folders.flatMap((folder) => [folder, ...walk(folder, (entry) => entry.isDirectory())]);
    const fresh = all.map(watchFolder);
    for (const watcher of watchers) watcher.close();
    watchers = fresh;
    const newer = new AbortController();
    tell = () => newer.abort();
    await job(changed.splice(0), newer.signal);
    if (changed.length === 0)
      await new Promise((resolve) => {
        tell = resolve;
      });
    await setTimeout(settleMs);
  }
}

const testFlags = ["--enable-source-maps", "--test", "--test-reporter=spec"];

/**
 * Runs the tests named, or all, and again what a change concerns: the tests that are built of a source; all of them if
 * they were named or what changed is no source (a sample, a golden text), for nothing says who reads it.
 */
async function watchTests(esbuild, named) {
  const hashes = new Map();
  const due = new Set();
  let isAllDue = true;
  await onChange(["src", "media", "syntaxes"], async (changed, newer) => {
    console.log("tests started");
    isAllDue ||= named.length > 0 || changed.some((file) => !file.endsWith(".ts"));
    const files = named.length > 0 ? named : testFiles();
    const results = await bundle(esbuild, ...bundles, { ...scripts(files), write: false });
    for (const { path: file, hash, contents } of results?.at(-1).outputFiles ?? []) {
      if (file.endsWith(".mjs") && (isAllDue || hashes.get(file) !== hash)) due.add(file);
      hashes.set(file, hash);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, contents);
    }
    if (results !== null) isAllDue = false;
    if (results !== null && due.size > 0 && !newer.aborted) {
      const tests = spawn(process.execPath, [...testFlags, ...due], { stdio: "inherit" });
      newer.addEventListener("abort", () => tests.kill());
      await once(tests, "exit");
      if (!newer.aborted) due.clear();
    }
    console.log("tests finished");
  });
}

async function main() {
  install();
  const esbuild = await import("esbuild");
  const node = process.execPath;
  const tasks = {
    build: () => build(esbuild),
    watch: () => {
      rmSync("dist", { recursive: true, force: true });
      return onChange(["src"], async () => {
        console.log("build started");
        await bundle(esbuild, ...bundles);
        console.log("build finished");
      });
    },
    test: async () => {
      const files = rest.filter((argument) => argument !== "--watch");
      rmSync("out", { recursive: true, force: true });
      if (files.length < rest.length) return watchTests(esbuild, files);
      await build(esbuild);
      run(node, [...testFlags, ...(await bundleInto(esbuild, files.length > 0 ? files : testFiles()))]);
    },
    check: () => {
      run(node, ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings"]);
      run(node, ["node_modules/typescript/bin/tsc", "-p", "."]);
      run(node, ["node_modules/typescript/bin/tsc", "-p", "src/core"]);
      run(node, ["node_modules/typescript/bin/tsc", "-p", "src/webview"]);
    },
    package: async () => {
      await build(esbuild);
      run(node, [
        "node_modules/@vscode/vsce/vsce",
        "package",
        "--no-dependencies",
        "--skip-license",
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
    e2e: () => {
      const others = { "--editors": "src/test/editors/editors.ts", "--web": "src/test/web/chromium.ts" };
      return tool(others[rest.find((word) => word in others)] ?? "src/test/e2e.ts", "--test-reporter=spec");
    },
    bench: () => tool("src/test/bench.ts"),
    figures: () => tool("src/test/figures.ts"),
    simulate: () => tool("src/test/simulator/simulate.ts"),
    fuzz: () => tool("src/test/fuzz/fuzz.ts"),
    real: () => tool("src/test/real/real.ts"),
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
