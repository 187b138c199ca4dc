import { test } from "node:test";
import { captureFacts, loadCapture, readBytes } from "../captures.ts";
import { corpusFolder } from "../corpus.ts";
import { assertReplays } from "./replays.ts";

/** A way to recover each, a kernel, and bugs that lose the NIC's step, so that its bytes decide what is said. */
const others = [
  "innova@v4.19",
  "chelsio-t6",
  "netronome",
  "fungible",
  "bnxt",
  "freebsd-connectx",
  "connectx/long-dump",
  "connectx@v6.18",
];

const folder = corpusFolder();
for (const { name } of folder === null ? [] : captureFacts(folder))
  test(`${name}: its listing, saved, replays to the same`, async (t) => {
    const facts = captureFacts(folder!).find((one) => one.name === name)!;
    const capture = loadCapture(folder!, facts);
    const count = assertReplays(await readBytes(capture), name, others);
    const keyless = { ...capture, keyLogs: [], cryptoInfos: [] };
    assertReplays(await readBytes(keyless), `${name} without keys`, others);
    t.diagnostic(`${count} events`);
  });
if (folder === null)
  test("captures of the corpus", (t) => t.diagnostic("the corpus is absent: nothing checked"));
