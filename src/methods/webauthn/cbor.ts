/**
 * How deep anything an authenticator sends is nested at most: CTAP 2.1 section 8 allows four, an attestation object holding
 * an array of certificates has three.
 */
const deepest = 4;

/**
 * The offset behind the one CBOR item (RFC 8949) that begins at `from`, or undefined where there is none that an
 * authenticator may send: of definite length, no deeper than four, whole. Looked at before anything decodes it, because
 * a decoder that believes a length or recurses without end is how a small message takes a server down; a byte is read
 * once and nothing is allocated.
 */
export function endOfItem(bytes: Uint8Array, from = 0, depth = 0): number | undefined {
  const first = bytes[from];
  if (first === undefined || depth > deepest) return undefined;
  const kind = first >> 5;
  const head = headOf(bytes, from, first & 31);
  if (!head) return undefined;
  const { value, end } = head;
  switch (kind) {
    case 0:
    case 1:
      return end;
    case 2:
    case 3:
      return value <= bytes.length - end ? end + value : undefined;
    case 4:
      return endOfItems(bytes, end, value, depth + 1);
    case 5:
      return endOfItems(bytes, end, value * 2, depth + 1);
    // A tag (6) has no use here. Of the simple values false, true and null have, and the floats.
    case 7:
      return [20, 21, 22, 26, 27].includes(first & 31) ? end : undefined;
    default:
      return undefined;
  }
}

function endOfItems(bytes: Uint8Array, from: number, count: number, depth: number): number | undefined {
  let at: number | undefined = from;
  // Every item takes a byte at least: a count that cannot be true is not counted to.
  if (count > bytes.length - from) return undefined;
  for (let i = 0; i < count && at !== undefined; i += 1) at = endOfItem(bytes, at, depth);
  return at;
}

/** The argument that follows the first byte; lengths above 32 bits are nobody's. */
function headOf(bytes: Uint8Array, from: number, short: number): { value: number; end: number } | undefined {
  if (short < 24) return { value: short, end: from + 1 };
  const width = { 24: 1, 25: 2, 26: 4, 27: 8 }[short];
  // 28 to 30 mean nothing, and 31 begins an item without a length.
  if (width === undefined || from + 1 + width > bytes.length) return undefined;
  let value = 0;
  for (let i = 0; i < width; i += 1) value = value * 256 + (bytes[from + 1 + i] ?? 0);
  return { value, end: from + 1 + width };
}
