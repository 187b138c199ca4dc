import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ciphers, versions } from "../core/base/record.ts";
import { bugs } from "../core/bugs/catalogue.ts";
import { deviceCounters } from "../core/machine/counters.ts";
import { kernels } from "../core/machine/generation.ts";
import { profileWords } from "../core/machine/profile.ts";
import { profiles } from "../core/profiles/all.ts";
import { descriptorKinds } from "../core/words/descriptor.ts";
import { headerSizeMax, idPattern, parseProfile, profileKeys } from "../trace/profiles/file.ts";
import { profileSchema, type Schema } from "../trace/profiles/schema.ts";

const readSchema = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Schema;
const written = readSchema("media/profile.schema.json");
const schema = profileSchema(written);
const keys = schema.properties!;

/** Every schema within one, itself too. */
const within = (one: Schema): Schema[] => [
  one,
  ...[...Object.values(one.properties ?? {}), ...(one.items ? [one.items] : [])].flatMap(within),
];

test("the schema knows the keys that the reader knows, and needs what it needs", () => {
  assert.deepEqual(Object.keys(keys).sort(), profileKeys.toSorted());
  assert.deepEqual(schema.required, ["base"]);
  for (const object of within(schema).filter(({ properties }) => properties))
    assert.equal(object.additionalProperties, false);
});

test("words of the schema are the model's, in its order", () => {
  for (const [key, words] of Object.entries(profileWords)) assert.deepEqual(keys[key]!.enum, words, key);
  assert.deepEqual(
    keys.base!.enum,
    profiles.map(({ id }) => id),
  );
  assert.deepEqual(keys.kernel!.enum, [...kernels.map(({ id }) => id), null]);
  assert.deepEqual(keys.versions!.items!.enum, Object.keys(versions));
  assert.deepEqual(keys.ciphers!.items!.enum, ciphers);
  assert.deepEqual(Object.keys(keys.counters!.properties!), deviceCounters);
  assert.deepEqual(Object.keys(keys.descriptorNames!.properties!), descriptorKinds);
});

test("the catalogue's bugs come from the catalogue, each with its own sentence; the written schema has none", () => {
  const { enum: names, enumDescriptions } = keys.faults!.items!;
  const told = names!.map((name, i) => [name, enumDescriptions![i]]);
  assert.deepEqual(
    told,
    bugs.map(({ name, says }) => [name, says]),
  );
  assert.deepEqual(written.properties!.faults!.items, { description: keys.faults!.items!.description });
  assert.deepEqual(profileSchema(schema), schema);
});

test("bounds and forms of the schema are the reader's", () => {
  assert.deepEqual([keys.headerSize!.minimum, keys.headerSize!.maximum], [0, headerSizeMax]);
  const patterns = within(schema).flatMap(({ pattern }) => pattern ?? []);
  assert.deepEqual(new Set(patterns), new Set([idPattern.source]));
  assert.equal(patterns.length, 1 + deviceCounters.length + descriptorKinds.length);
  const flags = Object.keys(keys).filter((key) => keys[key]!.type === "boolean");
  for (const key of profileKeys) {
    const { diagnostics } = parseProfile("my-nic.json", `{"base": "connectx", "${key}": "x"}`);
    assert.equal(
      flags.includes(key),
      diagnostics.some(({ message }) => /takes true or false/.test(message)),
      key,
    );
  }
});

test("nic-files.md: its example is a profile without mistakes", () => {
  const [, example] = /## A profile file[\s\S]*?```json\n([\s\S]*?)```/.exec(
    readFileSync("media/docs/nic-files.md", "utf8"),
  )!;
  assert.deepEqual(parseProfile("my-nic.nic.json", example!).diagnostics, []);
});

test("every key and word has a description", () => {
  for (const one of within(schema)) {
    assert.ok(one.description || one === keys.versions!.items || one === keys.ciphers!.items);
    if (one.enumDescriptions) assert.equal(one.enumDescriptions.length, one.enum!.length, one.description);
  }
});

test("the editor checks files named so against what was built of it, and the shipped profile is one, without mistakes", () => {
  const manifest = JSON.parse(readFileSync("package.json", "utf8"));
  assert.deepEqual(manifest.contributes.jsonValidation, [
    { fileMatch: "*.nic.json", url: "./dist/profile.schema.json" },
  ]);
  assert.deepEqual(readSchema("dist/profile.schema.json"), schema);
  for (const file of ["dist/profile.schema.json", "media/*.schema.json"])
    assert.ok(manifest.files.includes(file), file);
  const shipped = readdirSync("media/samples").filter((name) => name.endsWith(".nic.json"));
  assert.deepEqual(shipped, ["my-nic.nic.json"]);
  const { diagnostics } = parseProfile(shipped[0]!, readFileSync(`media/samples/${shipped[0]}`, "utf8"));
  assert.deepEqual(diagnostics, []);
});
