/** What a byte is, by its role. */
export const byteWords: Readonly<Record<string, string>> = {
  "byte-header": "header",
  "byte-nonce": "nonce",
  "byte-payload": "payload",
  "byte-type": "type byte",
  "byte-padding": "padding",
  "byte-tag": "tag",
  "byte-outside": "not known",
};
