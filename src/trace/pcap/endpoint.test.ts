import assert from "node:assert/strict";
import { test } from "node:test";
import { endpointText, ipv6Text } from "./endpoint.ts";

/** Expected texts from the examples and rules of RFC 5952 §4 and §5. */
const addresses: readonly [hex: string, text: string][] = [
  ["20010db8000000000000000000020001", "2001:db8::2:1"],
  ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
  ["20010000000000010000000000000001", "2001:0:0:1::1"],
  ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
  ["00000000000000000000000000000000", "::"],
  ["00000000000000000000000000000001", "::1"],
  ["fe800000000000000000000000000000", "fe80::"],
  ["0001000200030004000500060007ABCD", "1:2:3:4:5:6:7:abcd"],
  ["00000000000000000000ffffc0000201", "::ffff:192.0.2.1"],
];

test("an IPv6 address is written as RFC 5952 says", () => {
  for (const [hex, text] of addresses) assert.equal(ipv6Text(Buffer.from(hex, "hex")), text);
});

test("an endpoint is address and port, IPv6 in brackets", () => {
  assert.equal(endpointText(Uint8Array.of(9, 9, 192, 0, 2, 255), 2, 4, 65535), "192.0.2.255:65535");
  assert.equal(endpointText(Buffer.from(addresses[5]![0], "hex"), 0, 16, 443), "[::1]:443");
});
