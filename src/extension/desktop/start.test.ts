import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { build, type Metafile } from "esbuild";

const entry = "src/extension/desktop/desktop.ts";
const loadedMax = 128 * 1024;

/** The files that are evaluated with a file of a bundle: all that it imports but by `import()`. */
function loadedWith(file: string, inputs: Metafile["inputs"], known = new Set<string>()): Set<string> {
  if (known.has(file)) return known;
  known.add(file);
  for (const { path, kind, external } of inputs[file]!.imports)
    if (!external && kind !== "dynamic-import") loadedWith(path, inputs, known);
  return known;
}

test("a window that opens loads neither the model nor a language client: each comes with the command that needs it", async () => {
  const { metafile } = await build({
    ...{ entryPoints: [entry], bundle: true, minify: true, write: false, metafile: true, outdir: "out" },
    ...{ format: "cjs", platform: "node", external: ["vscode"], logLevel: "silent" },
  });
  const [{ inputs }] = Object.values(metafile.outputs) as [Metafile["outputs"][string]];
  const loaded = loadedWith(entry, metafile.inputs);
  const late = ["src/core/base/aead.ts", "src/core/profiles/all.ts", "node_modules/vscode-languageclient/"];
  for (const each of late) {
    const fits = (file: string) => file.startsWith(each);
    assert.ok(Object.keys(inputs).some(fits), `${each} is not in the bundle`);
    assert.deepEqual(
      [...loaded].filter((file) => file in inputs && fits(file)),
      [],
    );
  }
  const bytes = Object.entries(inputs).reduce(
    (sum, [file, { bytesInOutput }]) => sum + (loaded.has(file) ? bytesInOutput : 0),
    0,
  );
  assert.ok(bytes < loadedMax, `${bytes} bytes are loaded, at most ${loadedMax} are wanted`);
});

test("the editor's interface is read once, not by each file that imports it", () => {
  const asked = readFileSync("dist/desktop.cjs", "utf8").match(/require\("vscode"\)/g);
  assert.equal(asked?.length, 1);
});
