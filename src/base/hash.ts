/**
 * A number for a text, the same on every thread.
 */

/** 32 bits of a text (FNV-1a over its UTF-16 code units). */
export const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
