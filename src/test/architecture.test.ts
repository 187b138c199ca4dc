import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { acme } from "./acme.ts";
import { Play } from "./scenario.ts";

const text = readFileSync("ARCHITECTURE.md", "utf8");
const sectionOf = (title: string): string =>
  text
    .slice(text.indexOf(`\n## ${title}\n`))
    .split(/\n(?=## )/, 2)
    .join("\n");

test("ARCHITECTURE.md: the worked example of a NIC family is code that is compiled", () => {
  const file = readFileSync("src/test/acme.ts", "utf8");
  const inProfiles = file.replaceAll("../core/profiles/", "./").replaceAll("../core/", "../");
  assert.ok(text.includes(`\`\`\`ts\n${inProfiles}\`\`\``));
});

test("ARCHITECTURE.md: what its example says of the family comes true", () => {
  const story = "send 100; > 0:50; > 60:70; send 100; > 129:258";
  const play = new Play({ profile: acme, version: 0x0304 }, story.replace("129:258", "122:244"));
  const happenings = play.rest();
  assert.deepEqual(happenings[2]!.effects.slice(-2), [
    "resync-requested seq=60 expected=50",
    "software-fallback reason=out-of-order length=10",
  ]);
  assert.deepEqual(happenings[4]!.effects, ["encrypted seq=122 length=122"]);
  const { acme_tls_tx, acme_tls_ooo, acme_tls_resync } = play.counters;
  assert.deepEqual([acme_tls_tx, acme_tls_ooo, acme_tls_resync], [2, 1, 1]);
});

test("what the documents link to is there", () => {
  const names = readdirSync("media/docs").filter((name) => name.endsWith(".md"));
  const docs = names.map((name) => `media/docs/${name}`);
  const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "media/samples/README.md", ...docs];
  const links = pages.flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) =>
      path.join(path.dirname(page), target!),
    ),
  );
  assert.ok(links.length > 100);
  assert.deepEqual(
    links.filter((target) => !existsSync(target)),
    [],
  );
});

/** Cells of the model's table: sections, mechanism, code, tests. */
const rows = sectionOf("What of the kernel is modelled")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| section"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const paths = readdirSync("src", { recursive: true, encoding: "utf8" }).map((file) =>
  file.replaceAll("\\", "/"),
);
const filesIn = (cell: string): string[] =>
  [...cell.matchAll(/`([a-z/-]*[a-z](?:\.test)?)`/g)].map(([, name]) => `${name}.ts`);
const pathOf = (file: string): string | undefined =>
  paths.filter((path) => `/${path}`.endsWith(`/${file}`)).map((path) => `src/${path}`)[0];

test("ARCHITECTURE.md: the files of the model's table are there", () => {
  const named = rows.flatMap(([, , code, tests]) => [...filesIn(code!), ...filesIn(tests!)]);
  assert.deepEqual(
    named.filter((file) => pathOf(file) === undefined),
    [],
  );
});

test("ARCHITECTURE.md: every folder of src is a room of the code map", () => {
  const map = sectionOf("The house");
  const source = (file: string) =>
    file.endsWith(".ts") && !file.endsWith(".test.ts") && !/^core\/[^/]*$/.test(file);
  const folders = new Set(paths.filter(source).map((file) => file.slice(0, file.lastIndexOf("/"))));
  assert.deepEqual(
    [...folders].filter((folder) => !folder.startsWith("test/") && !map.includes(`| \`${folder}\` |`)),
    [],
  );
});

test("ARCHITECTURE.md: each line of the model's table has tests, and they name its section", () => {
  const all =
    "1.3 1.4 1.6 1.7 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 3 4 5.0 5.1 5.2 5.3 5.4 5.5 5.6 5.7 5.8 6.1 6.2 6.3 8";
  assert.deepEqual(
    rows.map(([section]) => section),
    all.split(" "),
  );
  for (const [section, , , tests] of rows) {
    const texts = filesIn(tests!).map((file) => readFileSync(pathOf(file)!, "utf8"));
    const named = new RegExp(
      `sections? (?:[0-9.]+ (?:and|to) )*${section!.replaceAll(".", "\\.")}(?![.0-9]*[0-9])`,
    );
    assert.ok(
      texts.some((body) => named.test(body)),
      `${section}: ${tests}`,
    );
  }
});

test("ARCHITECTURE.md: a room's main file begins with what the drawing's list says of the room", () => {
  const rooms = [...sectionOf("The house").matchAll(/^\| `([a-z/]+)` \| (.*?) \|$/gm)];
  assert.ok(rooms.length > 25);
  const heads = paths
    .filter((file) => file.endsWith(".ts"))
    .map((file) => /^(?:\/\/.*\n)+/.exec(readFileSync(`src/${file}`, "utf8"))?.[0] ?? "")
    .map((head) =>
      head
        .replace(/^\/\/ /gm, "")
        .replaceAll("\n", " ")
        .trim(),
    );
  for (const [, room, what] of rooms)
    if (room !== "test" && existsSync(`src/${room}`))
      assert.ok(heads.includes(`${room}: ${what!.replaceAll("`", "")}.`), `${room}: ${what}`);
});
