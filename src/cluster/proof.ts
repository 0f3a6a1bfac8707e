/**
 * A proof that a machine has the secret, which does not give it away.
 */
import { createHmac, timingSafeEqual } from "node:crypto"

/** The proof for a salt. */
export const of = (secret: Uint8Array, salt: Uint8Array): Buffer =>
  createHmac("sha256", secret).update("heddle cluster proof 1").update(salt).digest()

/** Whether a proof was made with the same secret. */
export const holds = (secret: Uint8Array, salt: Uint8Array, proof: Uint8Array): boolean => {
  const own = of(secret, salt)
  return own.byteLength === proof.byteLength && timingSafeEqual(own, proof)
}
