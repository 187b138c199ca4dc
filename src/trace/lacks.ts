/**
 * Why something of a captured stream could not be compared with its right bytes. The words are a contract with scripts,
 * the sentences stand behind "not compared".
 */
export const lacks = {
  "begins-late": "the capture begins later than the stream",
  "no-handshake": "its handshake is missing or damaged",
  "nothing-sent": "nothing was sent after its handshake",
  version: "its version has no kernel TLS",
  suite: "its cipher suite cannot be decrypted here",
  "no-keys": "no keys are given",
  "other-keys": "the keys given are of other sessions",
  "bad-keys": "the keys given for it open no record",
  "host-tap": "it was taken before the NIC",
  "zeroed-tags": "it is in plaintext with zeros for tags, as netdevsim sends it: say --expect plaintext",
  "not-plain":
    "none of its records is in plaintext with zeros for a tag: --stream picks those that are to be",
  "no-other": "nothing says what its records must hold: --against another capture of the connection does",
  "other-missing": "the other capture has not got its connection",
  "other-unopened": "the other capture does not show what its records hold (no keys, holes, wrong records)",
  "both-taps": "it was taken before and behind the NIC: look at one interface alone",
  "tap-undecided": "where it was taken is not decided: say --tap wire or --tap host",
  cut: "packets were cut (snapshot length)",
  hole: "the capture lacks bytes",
  incomplete: "its last record is not whole",
  "ends-within": "its sender ended it (FIN) within a record",
  "later-keys": "the keys after a renegotiation are not known",
  "no-number": "the records' numbers are not known",
  "no-record": "bytes that are no record",
} as const;

export type LackWord = keyof typeof lacks;

/** Such a reason with the sentence that tells it of one stream. */
export interface Lack {
  why: LackWord;
  text: string;
}
