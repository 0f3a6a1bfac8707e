/** The tasks as functions, for pools that import them. */

export const plus = ({ n }: { readonly n: number }): number => n + 1

/** Computes, for a time that depends on `rounds` alone. */
export const spin = ({ rounds }: { readonly rounds: number }): number => {
  let value = 1
  for (let round = 0; round < rounds; round++) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0
  return value
}

export const length = ({ bytes }: { readonly bytes: Uint8Array }): number => bytes.length
