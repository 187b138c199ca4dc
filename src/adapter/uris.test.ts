import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { pathOfUri, uriOfPath } from "./uris.ts";

const paths = ["/a/lossy.pcap", "/a b/ü [1-2] 100%.tlstrace", "/#?&+;=@:/x", "/a\\b", "/%41"];

test("a path is the same file as a URI as for node, there and back", () => {
  for (const path of paths) {
    assert.equal(fileURLToPath(uriOfPath(path)), path);
    assert.equal(pathOfUri(uriOfPath(path)), path);
    assert.equal(pathOfUri(pathToFileURL(path).href), path);
  }
});

test("Windows: drives have no slash before them, URIs no backslash", () => {
  const windows = { windows: true };
  for (const path of ["C:\\caps\\a b.pcap", "d:\\ü.tlstrace"]) {
    const slashed = path.replaceAll("\\", "/");
    assert.equal(fileURLToPath(uriOfPath(path), windows), path);
    assert.equal(pathOfUri(uriOfPath(path)), slashed);
    assert.equal(pathOfUri(pathToFileURL(path, windows).href), slashed);
  }
});

test("what is no file's URI stays as it is", () => {
  for (const text of ["/a", "a%20b", "http://host/a", "file://host/a", "file:a", "file:///%", "C:\\a"])
    assert.equal(pathOfUri(text), text);
  assert.equal(pathOfUri("file://localhost/a%20b"), "/a b");
});
