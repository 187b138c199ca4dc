import path from "node:path";
import type { SourceFile } from "typescript/unstable/ast";
import { createVirtualFileSystem } from "typescript/unstable/fs";
import { API } from "typescript/unstable/sync";

/** The sources of a project, tests left out, as the compiler reads them, by their paths from `src` on. */
function readProject(api: API, config: string): Map<string, SourceFile> {
  const { program, rootFiles } = api.updateSnapshot({ openProjects: [config] }).getProject(config)!;
  const src = path.resolve("src");
  const files = rootFiles.map((file) => [path.relative(src, file).split(path.sep).join("/"), file] as const);
  const product = files.filter(([name]) => !/\.test\.ts$|^(\.\.|test)\//.test(name));
  return new Map(product.map(([name, file]) => [name, program.getSourceFile(file)!]));
}

/** The sources of some rooms. */
export function readRooms(...rooms: readonly string[]): Map<string, SourceFile> {
  const api = new API({ cwd: path.resolve() });
  try {
    const all = ["tsconfig.json", "src/webview/tsconfig.json"].flatMap((config) => [
      ...readProject(api, path.resolve(config)),
    ]);
    return new Map(all.filter(([name]) => rooms.includes(name.split("/", 1)[0]!)));
  } finally {
    api.close();
  }
}

/** Sources that somebody writes in a test. */
export function sourcesOf(texts: readonly string[]): SourceFile[] {
  const names = texts.map((_, i) => `/a/${i}.ts`);
  const config = "/a/tsconfig.json";
  const files = Object.fromEntries(texts.map((text, i) => [names[i]!, text]));
  const api = new API({
    cwd: "/a",
    fs: createVirtualFileSystem({ ...files, [config]: JSON.stringify({ files: names }) }),
  });
  try {
    const { program } = api.updateSnapshot({ openProjects: [config] }).getProject(config)!;
    return names.map((name) => program.getSourceFile(name)!);
  } finally {
    api.close();
  }
}
