import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, beforeEach, test } from "node:test";
import { keepListing } from "./kept-listings.ts";

const cache = mkdtempSync(path.join(os.tmpdir(), "tlstrace-kept-"));
after(() => rmSync(cache, { recursive: true, force: true }));
beforeEach(() => {
  process.env.XDG_CACHE_HOME = cache;
});

test("a text has one path for ever, another text another one; both can be read by their user alone", () => {
  const one = keepListing("a.pcap.1-2.tlstrace", "one\n");
  const { ino } = statSync(one);
  assert.equal(keepListing("a.pcap.1-2.tlstrace", "one\n"), one);
  assert.equal(statSync(one).ino, ino, "what an editor has open is not written again");
  const two = keepListing("a.pcap.1-2.tlstrace", "two\n");
  assert.notEqual(path.dirname(one), path.dirname(two));
  assert.deepEqual([readFileSync(one, "utf8"), readFileSync(two, "utf8")], ["one\n", "two\n"]);
  assert.ok(one.startsWith(path.join(cache, "tlstrace", "listings")));
  assert.deepEqual(readdirSync(path.dirname(one)), ["a.pcap.1-2.tlstrace"]);
  if (process.platform === "win32") return;
  assert.equal(statSync(one).mode & 0o777, 0o400);
  assert.equal(statSync(path.dirname(one)).mode & 0o777, 0o700);
});

test("what somebody has changed is made anew", () => {
  const file = keepListing("b.tlstrace", "right\n");
  chmodSync(file, 0o600);
  writeFileSync(file, "wrong\n");
  assert.equal(keepListing("b.tlstrace", "right\n"), file);
  assert.equal(readFileSync(file, "utf8"), "right\n");
});

test("what nobody has asked for in a month goes, what was asked for stays", () => {
  const [old, used] = [keepListing("c.tlstrace", "old\n"), keepListing("c.tlstrace", "used\n")];
  const longAgo = new Date(Date.now() - 31 * 24 * 3600 * 1000);
  for (const file of [old, used]) utimesSync(path.dirname(file), longAgo, longAgo);
  keepListing("c.tlstrace", "used\n");
  assert.deepEqual([existsSync(old), existsSync(used)], [false, true]);
});

test("where nothing can be written it says what to do", () => {
  const file = path.join(cache, "no-folder");
  writeFileSync(file, "");
  process.env.XDG_CACHE_HOME = file;
  assert.throws(
    () => keepListing("d.tlstrace", "x"),
    /^Error: the listing cannot be kept as a file \(.*no-folder.*\): name another folder by XDG_CACHE_HOME/,
  );
  // A relative folder would lie wherever the adapter was started: it is no cache.
  process.env.XDG_CACHE_HOME = "cache";
  process.env.HOME = cache;
  if (process.platform === "linux")
    assert.ok(keepListing("d.tlstrace", "x").startsWith(path.join(cache, ".cache")));
});
