// What is changed of an initialization segment before a browser gets it.

/** Boxes whose content is boxes. */
const NESTED = new Set(["moov", "trak", "mvex"]);
/** Each browser understands an edit list its own way where segments are appended; with a duration in it (`mehd`) the
 * segment differs from track to track, and a decoder would start anew. */
const TAKEN_OUT = new Set(["edts", "mehd", "sidx"]);
const FREE = [0x66, 0x72, 0x65, 0x65]; // “free”
const HEAD_BYTES = 8;

/**
 * The same bytes with edit list, duration and index emptied: priming and padding are cut by the append window alone.
 * @param {Uint8Array<ArrayBuffer>} init
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function neutralized(init) {
  const bytes = init.slice();
  empty(bytes, 0, bytes.length);
  return bytes;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} from
 * @param {number} to
 */
function empty(bytes, from, to) {
  const view = new DataView(bytes.buffer);
  for (let at = from; at + HEAD_BYTES <= to; ) {
    const size = view.getUint32(at);
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + HEAD_BYTES));
    if (size < HEAD_BYTES || at + size > to) throw new RangeError(`the box ${kind} at ${at} has a length of ${size}`);
    if (NESTED.has(kind)) empty(bytes, at + HEAD_BYTES, at + size);
    if (TAKEN_OUT.has(kind)) {
      bytes.set(FREE, at + 4);
      bytes.fill(0, at + HEAD_BYTES, at + size);
    }
    at += size;
  }
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array | undefined} other
 */
export function same(one, other) {
  return one.length === other?.length && one.every((byte, at) => byte === other[at]);
}
