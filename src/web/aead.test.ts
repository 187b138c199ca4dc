/** Records that the browser's own cipher opens ahead: the same comes out as portably, of right records and of all others. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { speaker } from "../adapter/launch.ts";
import type { Cipher, Sealing } from "../core/base/record.ts";
import { nodeEnvironment } from "../node/environment.ts";
import { rowsOf } from "../report/rows.ts";
import { verifyFile } from "../report/verified.ts";
import type { StudyRequest } from "../study/request.ts";
import { flippedCapture } from "../test/damage/flipped.ts";
import { sample } from "../test/dap-session.ts";
import { portableAead } from "../trace/keys/portable-aead.ts";
import { type Aead, noProgress, type Opening } from "../trace/platform.ts";
import { browserAead } from "./aead.ts";

const sealingOf = (cipher: Cipher, seed: number): Sealing => ({
  cipher,
  key: new Uint8Array(cipher === "aes-128-gcm" ? 16 : 32).fill(seed),
  nonce: new Uint8Array(12).fill(seed + 1),
  aad: new Uint8Array(13).fill(seed + 2),
});

test("what was opened ahead is what portable code makes of it; what differs in anything is not taken for it", async () => {
  for (const cipher of ["aes-128-gcm", "aes-256-gcm", "chacha20-poly1305"] as const)
    for (const length of [0, 1, 15, 16, 17, 16384]) {
      const sealing = sealingOf(cipher, length % 251);
      const plaintext = new Uint8Array(length).map((_, i) => i);
      const sealed = portableAead.seal(sealing, plaintext);
      const aead = browserAead();
      await aead.openAhead!([{ sealing, sealed: sealed.slice() }]);
      assert.deepEqual(aead.open(sealing, sealed), plaintext);
      for (const at of [0, sealed.length - 1]) {
        const other = sealed.slice();
        other[at]! ^= 1;
        assert.equal(aead.open(sealing, other), null);
        // Nor is it opened where it is what was looked at ahead.
        await aead.openAhead!([{ sealing, sealed: other }]);
        assert.equal(aead.open(sealing, other), null);
      }
      for (const part of ["key", "nonce", "aad"] as const) {
        const other = { ...sealing, [part]: sealing[part].map((byte) => byte ^ 1) };
        assert.equal(aead.open(other, sealed), null);
      }
    }
});

/** Tells what was asked for ahead, and the records that portable code had to open all the same. */
function counting(): { aead: Aead; asked: Opening[]; missed: Set<string> } {
  const aead = browserAead();
  const asked: Opening[] = [];
  const missed = new Set<string>();
  return {
    asked,
    missed,
    aead: {
      ...aead,
      open(sealing, sealed) {
        const opened = aead.open(sealing, sealed);
        // The very array that was made ahead comes out once more; another was made just now.
        if (opened === null || opened !== aead.open(sealing, sealed)) missed.add(String(sealing.nonce));
        return opened;
      },
      async openAhead(openings) {
        asked.push(...openings);
        await aead.openAhead!(openings);
      },
    },
  };
}

async function rows(program: string, aead: Aead): Promise<string[]> {
  const environment = { ...nodeEnvironment, platform: { ...nodeEnvironment.platform, aead } };
  const request: StudyRequest = {
    program,
    keys: null,
    profile: null,
    profilesFrom: "here",
    streams: [],
    tap: "auto",
    offloadStart: "after-finished",
    copies: "drop",
    names: "full",
    evidence: [],
    comparison: null,
  };
  const place = { environment, speaker, stateOf: () => ({ size: 0, modified: null }) };
  const job = { file: path.basename(program), request, requireAll: false };
  const report = await verifyFile(job, place, noProgress);
  return [...rowsOf({ ...report, milliseconds: 0 }, "t", "")];
}

test("captures are verified as on a desktop, right ones and a damaged one; few records are opened portably", async () => {
  const wrong = flippedCapture("ahead", { frame: 58, fromEnd: 100 });
  for (const [program, most] of [
    [sample("lossy.pcap"), 4],
    [sample("upload.pcap"), 4],
    // The damaged one too, again and again: what is wrong with it is looked for.
    [wrong, 5],
  ] as const) {
    const { aead, asked, missed } = counting();
    assert.deepEqual(await rows(program, aead), await rows(program, nodeEnvironment.platform.aead));
    assert.ok(asked.length >= 10, `${asked.length} opened ahead`);
    assert.ok(missed.size <= most, `${missed.size} of ${asked.length} opened portably`);
  }
});
