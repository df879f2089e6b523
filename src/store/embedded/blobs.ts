/** Vectors as SQLite keeps them: little-endian float32. */

/** The bytes of a vector, without a copy. */
export function toBlob(vector: Float32Array | null): Uint8Array | null {
  return vector && new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** A vector from its bytes; copied, since a blob may start anywhere. */
export function toVector(blob: Uint8Array): Float32Array {
  return new Float32Array(blob.slice().buffer);
}
