import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { byteOf, type Flip, flippedBit, flippedCapture } from "../damage/flipped.ts";
import { appears } from "./window/window.ts";
import type { Scenario } from "./workbench.ts";

/** Frame 89 sends again what frame 57 sent; the numbers are derived in adapter/opening/wrong.test.ts. */
const again: Flip = { frame: 89, fromEnd: 100 };
const [is, must] = [byteOf(again) ^ flippedBit, byteOf(again)];

const connection = "connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=1000000 rec_seq=1";

/** An orphaned segment, whose bytes up to v5.3 leave as they are: the payload begins behind 5 bytes of header and 8 of nonce. */
const leak = `device eth0 profile=connectx kernel=v4.19 mtu=1500
${connection}
+0     web send 1000
+.001  web > 0:1029(1029) orphan
`;

/** 8688 bytes of a record before the retransmission, in one DUMP of a NIC that takes 1500 and an Ethernet header with its tag and check: 1522. */
const longDump = `device eth0 profile=connectx/long-dump mtu=1500
${connection}
+0     web send 16384
+.001  web > 0:8688(8688)
+0     web > 8688:10136(1448) lost
+0     web > 10136:16413(6277)
+.030  web < ack 8688 sack 10136:16413
+.001  web > 8688:10136(1448)
`;

interface Broken {
  what: string;
  file: string;
  /** What the widget at the stop says, and what the debug console. */
  widget: RegExp[];
  console: RegExp;
}

const retransmission = new RegExp(
  `frame 89: byte 44530 \\(1262303842\\) is ${is}, must be ${must}: record 3, byte 11704 of 16413 \\(payload\\); retransmission 1 of 1`,
);
const cases: readonly Broken[] = [
  {
    what: "a damaged retransmission",
    file: "wrong-retransmission.pcap",
    widget: [retransmission],
    console: retransmission,
  },
  {
    what: "a leak",
    file: "leaks.tlstrace",
    widget: [],
    console: /WRONG line 4: plaintext seq=13 /,
  },
  {
    what: "a key log of another session",
    file: "wrong-keys.pcap",
    widget: [/out-of-order/],
    console: /0 of 12 records checked\. Unchecked, so nothing is said to be right/,
  },
  {
    what: "a NIC that takes no long DUMP",
    file: "stopped-queue.tlstrace",
    widget: [/the transmit queue stops\. \(length 8688, limit 1522\)/, /record 1, offset 8688 of 16413/],
    console: /WRONG line 8: queue-error length=8688 limit=1522/,
  },
];

/** Writes what is debugged here into the folder that is open. */
export function writeBroken(folder: string): void {
  const at = (name: string) => path.join(folder, name);
  const flipped = flippedCapture("wrong-retransmission", again);
  for (const file of [flipped, flipped.replace(".pcap", ".keys")]) cpSync(file, at(path.basename(file)));
  writeFileSync(at("leaks.tlstrace"), leak);
  writeFileSync(at("stopped-queue.tlstrace"), longDump);
  cpSync("media/samples/lossy.pcap", at("wrong-keys.pcap"));
  // The session's own random with a secret that is not its own.
  const keys = readFileSync("media/samples/lossy.keys", "utf8");
  writeFileSync(at("wrong-keys.keys"), keys.replace(/[0-9a-f]{8}$/gm, "00000000"));
}

/** Each broken in its way: what one sees when it is opened, without a key pressed. */
export function brokenScenarios(scenario: Scenario): void {
  for (const { what, file, widget, console: said } of cases)
    scenario(`${what} is told when it is opened`, async (workbench) => {
      await workbench.stop();
      await workbench.explorerMenu(file, "Debug Trace or Capture");
      await workbench.stopped(/event \d+ of \d+/);
      for (const each of widget) assert.match(await workbench.exception(), each);
      const shown = () => workbench.text(".repl .monaco-list");
      await workbench.until("the verdict in the console", async () => said.test(await shown()), shown);
      await workbench.picture(`broken-${path.parse(file).name}`);
    });

  scenario("one click lays the bytes of a damaged retransmission side by side", async (workbench) => {
    await workbench.stop();
    await workbench.explorerMenu("wrong-retransmission.pcap", "Debug Trace or Capture");
    await workbench.stopped(/event \d+ of \d+/);
    const compare = '.part.sidebar .action-label[aria-label="Compare Captured and Expected Bytes"]';
    const differs = workbench.page.locator(".monaco-diff-editor .char-insert").first();
    await workbench.until("the bytes side by side", async () => {
      await workbench.page.locator(compare).first().click();
      return appears(differs);
    });
    await workbench.picture("broken-compared");
  });
}
