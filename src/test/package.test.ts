import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { after } from "node:test";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-package-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Manifest {
  name: string;
  repository: { url: string };
  bugs: { url: string };
  homepage: string;
  icon: string;
  dependencies?: object;
  contributes: { languages: { id: string; icon?: { light: string; dark: string } }[] };
}
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;

/** Runs npm, of which nothing is fetched, and gives what it prints. */
function npm(cwd: string, ...args: string[]): string {
  const run = spawnSync("npm", [...args, "--offline", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout;
}

test("the package installs elsewhere without any other, and its command works there", () => {
  const [packed] = JSON.parse(npm(".", "pack", "--json", "--pack-destination", folder)) as {
    filename: string;
    size: number;
    files: { path: string }[];
  }[];
  assert.ok(packed!.size < 1.5e6, `${packed!.size} bytes`);
  for (const { path: file } of packed!.files) assert.doesNotMatch(file, /\.map$|\.test\.|^src\//);
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "elsewhere", private: true }));
  npm(folder, "install", path.join(folder, packed!.filename));
  const samples = path.join(folder, "node_modules", manifest.name, "media/samples");
  const run = spawnSync("npx", ["--no-install", "tlstrace", "verify", path.join(samples, "lossy.pcap")], {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /12 of 12 records authenticated/);
});

test("who publishes it finds what a marketplace asks for", () => {
  const [, home] = /^git\+(https:.*)\.git$/.exec(manifest.repository.url)!;
  assert.equal(manifest.bugs.url, `${home}/issues`);
  assert.equal(manifest.homepage, `${home}#readme`);
  // What it needs is bundled.
  assert.equal(manifest.dependencies, undefined);
  // Width and height of a PNG stand in its first chunk.
  const icon = readFileSync(manifest.icon);
  assert.deepEqual([icon.readUInt32BE(16), icon.readUInt32BE(20)], [256, 256]);
  for (const { id, icon: both } of manifest.contributes.languages)
    for (const file of Object.values(both!)) assert.match(readFileSync(file, "utf8"), /^<svg /, id);
});

/** Both marketplaces show the page's pictures from the repository: in the packages nobody would see them. */
test("every picture of the page is in the repository, and in no package", () => {
  const page = readFileSync("README.md", "utf8");
  const packed = JSON.parse(npm(".", "pack", "--dry-run", "--json")) as { files: { path: string }[] }[];
  const files = new Set(packed[0]!.files.map(({ path: file }) => file));
  const shown = page.matchAll(/!\[[^\]]*\]\(([^)]+)\)|<img src="([^"]+)"/g);
  const pictures = [...shown].map(([, linked, placed]) => linked ?? placed!);
  assert.equal(pictures.length, 3);
  for (const target of pictures) {
    assert.ok(readFileSync(target).length < 100_000, target);
    assert.ok(!files.has(target), target);
  }
});

/** A page of the walkthrough is shown from the package alone. */
test("every picture of the walkthrough's pages is in the package, and small", () => {
  const packed = JSON.parse(npm(".", "pack", "--dry-run", "--json")) as { files: { path: string }[] }[];
  const files = new Set(packed[0]!.files.map(({ path: file }) => file));
  const folder = "media/walkthrough";
  const pages = readdirSync(folder).filter((name) => name.endsWith(".md"));
  const pictures = (page: string) =>
    [...readFileSync(path.join(folder, page), "utf8").matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, target]) =>
      path.posix.join(folder, target!),
    );
  assert.equal(new Set(pages.flatMap(pictures)).size, 3);
  for (const page of pages) {
    assert.deepEqual(pictures(page), pictures(page.replace(/(\.nls\.de)?\.md$/, ".nls.de.md")), page);
    for (const picture of pictures(page)) {
      assert.ok(files.has(picture), `${page}: ${picture}`);
      assert.ok(readFileSync(picture).length <= 12_000, picture);
    }
  }
});
