import assert from "node:assert/strict";
import { test } from "node:test";
import { keysFor, Play } from "../../test/scenario.ts";
import { profiles } from "../profiles/all.ts";

/** Who takes a second key and makes ciphertext: FreeBSD takes none, netdevsim makes none. */
const rekeyed = profiles.filter(({ recovery }) => recovery !== "chain" && recovery !== "none");
const later = { ...keysFor("aes-128-gcm"), key: new Uint8Array(16).fill(9) };

/** What a packet does after a rekey is done: records 0:1022 and 1022:2044 under the old key, 2044:3066 in software, then the device. */
function after(profile: (typeof profiles)[number], packet: string): string[] {
  const story = [
    "send 1000; send 1000; > 0:2044; rekey; send 1000; > 2044:3066; ack 2044; send 1000",
    packet,
  ].join(";");
  return new Play({ profile, version: 0x0304, laterKeys: [later] }, story).rest().at(-1)!.effects;
}

const names = (effects: string[]): string[] => effects.map((effect) => effect.split(" ")[0]!);

test("behind a rekey the hook drops what is acknowledged to its last byte, whatever it is (kernel.md section 8, the floor)", () => {
  for (const profile of rekeyed)
    for (const packet of ["> 0:1022", "> -51:0", "> 2000:2044"]) {
      const length = packet === "> 0:1022" ? 1022 : packet === "> -51:0" ? 51 : 44;
      assert.deepEqual(after(profile, packet), [`dropped reason=acknowledged length=${length}`], profile.id);
    }
});

test("clear text of the old key that is not acknowledged to its last byte finds no record", () => {
  for (const profile of rekeyed) {
    const seen = names(after(profile, "> 2000:2045"));
    assert.ok(!seen.includes("plaintext"), `${profile.id}: ${seen}`);
    assert.ok(seen.includes("dropped"), `${profile.id}: ${seen}`);
  }
});

test("FreeBSD takes one key a socket: the second install is refused (ktls_enable_tx(), EALREADY)", () => {
  const profile = profiles.find(({ id }) => id === "freebsd-connectx")!;
  const { effects } = new Play({ profile, version: 0x0304, laterKeys: [later] }, "send 1000; rekey")
    .rest()
    .at(-1)!;
  assert.deepEqual(effects, ["rekey-failed reason=busy epoch=1"]);
});

test("ready ciphertext of the rekey's time lies below the new marker, too: it passes as it is", () => {
  for (const profile of rekeyed) {
    const effects = after(profile, "> 2044:3066");
    assert.ok(
      effects.includes("bypass seq=2044 length=1022") || effects.includes("piece form=plain length=1022"),
      `${profile.id}: ${effects}`,
    );
    assert.ok(!names(effects).includes("wrong-ciphertext"), profile.id);
  }
});
