/**
 * A fault of the driver's (2.17.1) that locks out one login in sixteen for ever, and ends the process for one in two hundred and
 * fifty: the server's half of the key exchange is the length of a salt, the salt, the length of a key, and the key, one right after
 * the other; the driver looks for the key at the next multiple of four. A salt whose hexadecimal text begins with a zero is sent
 * without it, and then that is another place. Here the key is moved to where the driver looks.
 */

/** Where the answer's data begins, by operation: op_cont_auth, op_accept_data, op_cond_accept. */
const DATA_AT: Readonly<Record<number, number>> = { 92: 4, 94: 16, 98: 16 };

/** Everything but such a packet, whole, passes as it is. */
export function withKeyInPlace(packet: Buffer): Buffer {
  const at = packet.length < 24 ? undefined : DATA_AT[packet.readUInt32BE(0)];
  if (at === undefined) return packet;
  const length = packet.readUInt32BE(at);
  const data = packet.subarray(at + 4, at + 4 + length);
  if (length < 4 || data.length < length) return packet;
  const saltLength = data.readUInt16LE(0);
  const keyAt = saltLength + 4;
  const isChallenge = keyAt <= length && keyAt + data.readUInt16LE(saltLength + 2) === length;
  const lookedFor = (saltLength + 5) & ~3;
  if (!isChallenge || lookedFor === keyAt) return packet;
  const gap = Buffer.alloc(Math.max(0, lookedFor - keyAt));
  const moved = Buffer.concat([data.subarray(0, Math.min(keyAt, lookedFor)), gap, data.subarray(keyAt)]);
  const head = Buffer.from(packet.subarray(0, at + 4));
  head.writeUInt32BE(moved.length, at);
  return Buffer.concat([head, padded(moved), packet.subarray(at + 4 + padded(data).length)]);
}

/** As the protocol pads. */
function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
}
