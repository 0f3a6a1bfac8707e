/** What all pools are given. */

export const numbers = (count: number): ReadonlyArray<{ readonly n: number }> =>
  Array.from({ length: count }, (_, n) => ({ n }))

/** The same, one by one. */
export function* counting(count: number): Generator<{ readonly n: number }> {
  for (let n = 0; n < count; n++) yield { n }
}

export const repeated = <A>(count: number, input: A): ReadonlyArray<A> => Array.from({ length: count }, () => input)

/** Written to, so that the kernel has handed out their pages before anybody reads them. */
export const bytesOf = (count: number, size: number): ReadonlyArray<{ readonly bytes: Uint8Array }> =>
  Array.from({ length: count }, () => ({ bytes: new Uint8Array(size).fill(1) }))
